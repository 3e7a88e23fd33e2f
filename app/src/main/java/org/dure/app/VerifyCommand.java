package org.dure.app;

import java.nio.file.Path;
import java.security.PublicKey;
import java.util.concurrent.Callable;
import org.dure.app.release.Releases;
import org.dure.app.terminal.Output;
import org.dure.provenance.KeyFiles;
import org.dure.provenance.ReleaseManifest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `dure verify`: is this release what was signed?
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = {
      "Checks a release offline, with nothing but the public key.",
      "",
      "Every file, the signature and the ledger's own signatures are checked. What was changed,"
          + " added or removed is named; the exit status is 3 then."
    },
    footer = {
      "",
      "Example:",
      "  dure verify demo/release/ko --key demo/keys/ko.pem",
      "  demo/release/ko: whole, 14 files as signed on 2026-11-22T14:42:08Z by the key be4057dbf3e8f2bf..."
    })
@SuppressWarnings("NullAway.Init")
final class VerifyCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "DIR", description = "The release.")
  private Path folder;

  @Option(
      names = "--key",
      required = true,
      paramLabel = "FILE",
      description =
          "The signer's public key (PEM), obtained from the signer, not from the release.")
  private Path key;

  @Spec private CommandSpec spec;

  /// A release that is what was signed.
  ///
  /// @param files how many are signed
  /// @param key the signer's fingerprint
  record Result(String release, int files, String signed, String key) {}

  @Override
  public Integer call() {
    PublicKey signer = KeyFiles.readPublic(key);
    ReleaseManifest manifest = Releases.verify(folder, signer);
    Output output = Output.of(spec);
    output
        .text()
        .printf(
            "%s: whole, %d files as signed on %s by the key %s...%n",
            folder,
            manifest.files().size(),
            manifest.created(),
            KeyFiles.fingerprint(signer).substring(0, 16));
    output.document(
        new Result(
            folder.toString(),
            manifest.files().size(),
            manifest.created().toString(),
            KeyFiles.fingerprint(signer)));
    output.next("dure serve %s --key %s", folder, key);
    return 0;
  }
}
