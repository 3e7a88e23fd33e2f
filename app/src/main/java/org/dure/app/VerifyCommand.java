package org.dure.app;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.List;
import java.util.concurrent.Callable;
import org.dure.app.release.Releases;
import org.dure.app.terminal.Output;
import org.dure.provenance.KeyFiles;
import org.jspecify.annotations.Nullable;
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
      "Every file, the signature, the ledger's own signatures, and that numbers and ledger are of"
          + " these weights are checked. What was changed, added or removed is named; the exit"
          + " status is 3 then.",
      "",
      "The cache of a model hub, where every file is a link, and a git checkout do: the content"
          + " counts, and what lies beside it is said."
    },
    footer = {
      "",
      "Example:",
      "  dure verify demo/release/ko-1 --key demo/keys/ko-1.pem",
      "  demo/release/ko-1: whole, 14 files as signed on 2026-11-22T14:42:08Z by the key"
          + " be4057dbf3e8f2bf..."
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

  @Option(
      names = "--ledger",
      paramLabel = "DIR",
      description = {
        "A newer ledger of the study (of its hub, or of a later release):",
        "says whether the rounds that the release was made from were taken back since."
      })
  private @Nullable Path ledger;

  @Spec private CommandSpec spec;

  /// A release that is what was signed.
  ///
  /// @param files how many are signed
  /// @param key the signer's fingerprint
  /// @param remarks what lies beside it, and what could not be checked
  record Result(String release, int files, String signed, String key, List<String> remarks) {}

  @Override
  public Integer call() {
    PublicKey signer = KeyFiles.readPublic(key);
    Releases.Checked checked = Releases.check(folder, signer);
    if (ledger != null) {
      Releases.requireStanding(folder, ledger);
    }
    Output output = Output.of(spec);
    PrintWriter text = output.text();
    text.printf(
        "%s: whole, %d files as signed on %s by the key %s...%n",
        folder,
        checked.manifest().files().size(),
        checked.manifest().created(),
        KeyFiles.fingerprint(signer).substring(0, 16));
    checked.remarks().forEach(remark -> text.printf("  %s%n", remark));
    output.document(
        new Result(
            folder.toString(),
            checked.manifest().files().size(),
            checked.manifest().created().toString(),
            KeyFiles.fingerprint(signer),
            checked.remarks()));
    output.next("dure serve %s --key %s", folder, key);
    return 0;
  }
}
