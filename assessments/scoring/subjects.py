"""One subject once among the first actions of a plan (`policy.order.same_subject`): our judgement.

Who reads ten actions wants ten things to do. Of practices about one subject only one stands among the first; the others
follow directly after these and keep their dates. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from assessments.guideline.order import Subject


def once_among_the_first[One](
    ranked: Sequence[One],
    key: Callable[[One], str],
    subjects: Sequence[Subject],
    needs: Mapping[str, Collection[str]],
    first: int,
) -> tuple[list[One], dict[str, str]]:
    """Return the actions in their new order, and for each one moved down the key of the one that stands for it.

    The most urgent of a subject stands; where the subject is told by its most concrete practice, that one stands in its
    place. What another of the first needs is never moved after it, and nothing is put before what it needs.
    """
    order = [key(one) for one in ranked]
    group_of = {practice: subject for subject in subjects for practice in subject.practices}
    stands: dict[str, str] = {}
    while True:
        for subject in subjects:
            if subject.concrete_first:
                _put_concrete_first(order, subject, needs, first, stands)
        moved = _next_to_move(order, group_of, needs, first, stands)
        if moved is None:
            break
        stands[moved[0]] = moved[1]
    found = {key(one): one for one in ranked}
    kept = [one for one in order if one not in stands]
    following = [one for one in order if one in stands]
    return [found[one] for one in (*kept[:first], *following, *kept[first:])], stands


def _put_concrete_first(
    order: list[str],
    subject: Subject,
    needs: Mapping[str, Collection[str]],
    first: int,
    stands: Collection[str],
) -> None:
    """Let the most concrete practice of a subject that is among the first take the place of the most urgent one.

    Each move brings others up, so it is asked after each; `stands` are those that have moved down.
    """
    shown = [one for one in order if one not in stands][:first]
    among = [one for one in shown if one in subject.practices]
    if len(among) < 2:
        return
    concrete = min(among, key=subject.practices.index)
    place = order.index(among[0])
    if any(need in order and order.index(need) >= place for need in needs.get(concrete, ())):
        return
    order.remove(concrete)
    order.insert(place, concrete)


def _next_to_move(
    order: Sequence[str],
    group_of: Mapping[str, Subject],
    needs: Mapping[str, Collection[str]],
    first: int,
    stands: Mapping[str, str],
) -> tuple[str, str] | None:
    """Find the first action among the first whose subject another one above it has told; None where there is none."""
    shown = [one for one in order if one not in stands][:first]
    needed = {need for one in shown for need in needs.get(one, ())}
    told: dict[Subject, str] = {}
    for one in shown:
        subject = group_of.get(one)
        if subject is None:
            continue
        if subject in told and one not in needed:
            return one, told[subject]
        told.setdefault(subject, one)
    return None
