/// Obtains text to try Dure with: the LibreOffice help in many languages, from Debian's packages.
///
/// # Cache of packages
///
/// `packages/NAME.deb`; `packages.json`, `{"packages": {NAME: {"file", "version", "sha256",
/// "bytes"}}}`, written after apt-get has checked a download; `apt/`, configuration and private
/// lists for apt-get; `lock`.
@NullMarked
package org.dure.corpus.sample;

import org.jspecify.annotations.NullMarked;
