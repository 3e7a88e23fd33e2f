package org.dure.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Callable;
import org.dure.core.AtomicFiles;
import org.dure.core.Settings;
import org.dure.provenance.KeyFiles;
import org.dure.provenance.ReleaseManifest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `dure warm-up`: touches what the quick verbs use while the launcher records an ahead-of-time
/// cache of classes, and unpacks the native libraries. Not for people.
@Command(name = "warm-up", hidden = true, description = "Run by the launcher after a build.")
@SuppressWarnings("NullAway.Init")
final class WarmUpCommand implements Callable<Integer> {
  private static final String STUDY =
      "name = \"warm-up\"\nsharing = \"body\"\n[regions.ko]\nlanguage = \"ko\"\n";

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Path folder = Files.createTempDirectory("dure-warm-up-");
    try {
      Path key = folder.resolve("key.pem");
      Path publicKey = folder.resolve("public-key.pem");
      KeyFiles.writePublic(publicKey, KeyFiles.create(key).getPublic());
      Path release = Files.createDirectory(folder.resolve("release"));
      Files.write(release.resolve("model.safetensors"), new byte[1 << 20]);
      ReleaseManifest signed =
          ReleaseManifest.sign(
              release, "warm-up", "ko", Instant.now(), Map.of(), KeyFiles.signer(key));
      Recipe recipe = Recipe.of(Settings.parse("warm-up", STUDY));
      spec.commandLine().getErr().println(signed.name() + recipe.study().digest());
      Dure.commandLine().execute("--help");
      Dure.commandLine().execute("verify", release.toString(), "--key", publicKey.toString());
      return Dure.commandLine().execute("doctor");
    } finally {
      AtomicFiles.delete(folder);
    }
  }
}
