// The part of OpenSSL that reads certificates, for those who look at dates.
#pragma once
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
