class A { list = [] } local a = A(), b = A(); a.list.append(1); print(b.list.len() + "\n")
