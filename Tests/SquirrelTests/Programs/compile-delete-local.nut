local a
delete a
