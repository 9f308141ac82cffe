import CLibX509

/// When a certificate ends.
enum CertificateExam {
    static func look(_ path: String, _ chart: inout Chart) {
        guard let file = BIO_new_file(path, "r") else {
            return chart.add(.fail, "certificate", "\(path) can't be read", "check the path and its rights")
        }
        defer { BIO_free_all(file) }
        guard let certificate = PEM_read_bio_X509(file, nil, nil, nil) else {
            return chart.add(
                .fail, "certificate", "\(path) holds no certificate in PEM form",
                "give the certificate, not the key")
        }
        defer { X509_free(certificate) }
        var (days, seconds): (Int32, Int32) = (0, 0)
        guard ASN1_TIME_diff(&days, &seconds, nil, X509_get0_notAfter(certificate)) == 1 else {
            return chart.add(
                .fail, "certificate", "the last day of \(path) can't be read", "have it issued again")
        }
        if days < 0 || seconds < 0 {
            chart.add(
                .fail, "certificate", "\(path) ended \(-days) days ago",
                "renew it; nobody believes it any more")
        } else if days < 21 {
            chart.add(.warn, "certificate", "\(path) ends in \(days) days", "renew it")
        } else {
            chart.add(.ok, "certificate", "\(path) is good for \(days) days")
        }
    }
}
