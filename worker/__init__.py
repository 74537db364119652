"""Time: warnings, overdue, notices and the tidying of what is over."""
