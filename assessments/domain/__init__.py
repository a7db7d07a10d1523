"""What happens, by subject. One function, one transaction each, the actor always named, `by=`."""
