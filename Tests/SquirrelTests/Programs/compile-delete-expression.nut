delete 5
