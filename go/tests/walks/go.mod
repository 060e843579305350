module walks

go 1.19
