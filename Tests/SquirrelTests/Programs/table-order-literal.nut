foreach (k, v in { uart57 = 1, spi257 = 2, i2c89 = 3, pinA = 4, pinB = 5, pinC = 6, pinW = 7, spiflash = 8 }) print(k + " "); print("\n")
foreach (k, v in { ssid = "x", bssid = "y", channel = 6, rssi = -40, open = true }) print(k + " "); print("\n")
