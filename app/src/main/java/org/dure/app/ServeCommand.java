package org.dure.app;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.dure.app.process.Ports;
import org.dure.app.release.Releases;
import org.dure.app.release.Trust;
import org.dure.app.release.VerifiedRelease;
import org.dure.app.terminal.Output;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageProfile;
import org.dure.model.Libtorch;
import org.dure.model.TorchLanguageModel;
import org.dure.provenance.KeyFiles;
import org.dure.provenance.ReleaseManifest;
import org.dure.serving.Access;
import org.dure.serving.ModelServer;
import org.dure.serving.ServedModel;
import org.dure.serving.ServingLimits;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `dure serve`: releases on an OpenAI-compatible API.
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = {
      "Serves releases on an OpenAI-compatible API.",
      "",
      "Checks their signatures first; each is a model of the API. A chat page is on /."
    },
    footer = {
      "",
      "Example:",
      "  dure serve demo/release/ko-1 demo/release/fr-1 --port 8400",
      "  ko-1: whole, self-signed on 2026-11-22T14:42:08Z by the key be4057dbf3e8f2bf... inside it:",
      "  give --key or --trust to know whose",
      "  serving ko-1, fr-1 on http://127.0.0.1:8400/",
      "  curl http://127.0.0.1:8400/v1/completions -d '{\"model\": \"ko-1\", \"prompt\": \"문서를\"}'",
      "",
      "For other machines, with a key and TLS:",
      "  dure serve release/ko --host 0.0.0.0 --allow-host models.example.org --api-key-file"
          + " keys.txt",
      "  --tls-certificate fullchain.pem --tls-key privkey.pem"
    })
@SuppressWarnings("NullAway.Init")
final class ServeCommand implements Callable<Integer> {
  private static final String SELF_SIGNED = "self-signed";

  @Parameters(arity = "1..*", paramLabel = "DIR", description = "Releases.")
  private List<Path> folders;

  @Option(
      names = "--port",
      defaultValue = "" + Ports.SERVE,
      paramLabel = "P",
      description = "0 for any (default: ${DEFAULT-VALUE}).")
  private int port;

  @Mixin private ServeAccess access;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description = {
        "Public key of the signer, one for each release in their order, or one for all. Without it"
            + " and",
        "--trust a release is self-signed: whole, but by nobody in particular."
      })
  private List<Path> keys = new ArrayList<>();

  @Option(
      names = "--trust",
      paramLabel = "PATH",
      description = {
        "A trust.toml with the keys that you trust, or a folder of public keys; then a release",
        "that none of them signed is not served (docs/operating.md)."
      })
  private @Nullable Path trust;

  @Option(
      names = "--threads",
      defaultValue = "0",
      paramLabel = "N",
      description = "Threads to compute with (default: as many as there are cores).")
  private int threads;

  @Spec private CommandSpec spec;

  /// A server that listens.
  record Result(String address, List<String> models) {}

  @Override
  public Integer call() throws InterruptedException {
    if (!keys.isEmpty() && trust != null) {
      throw new ParameterException(spec.commandLine(), "give --key or --trust, not both");
    }
    if (keys.size() > 1 && keys.size() != folders.size()) {
      throw new ParameterException(
          spec.commandLine(),
          "%d keys for %d releases: give one for each, or one for all"
              .formatted(keys.size(), folders.size()));
    }
    Output output = Output.of(spec);
    PrintWriter out = output.text();
    Access admitted = access.access();
    List<ServedModel> models = new ArrayList<>();
    for (int i = 0; i < folders.size(); i++) {
      models.add(open(i, out));
    }
    Libtorch.threads(threads > 0 ? threads : Runtime.getRuntime().availableProcessors());
    ModelServer server = start(models, admitted);
    // Answers under way are brought to an end; the models' memory goes with the process.
    Runtime.getRuntime().addShutdownHook(new Thread(server::close, "stop serving"));
    out.printf(
        "serving %s on %s%n",
        String.join(", ", models.stream().map(served -> served.model().name()).toList()),
        server.address());
    output.document(
        new Result(
            server.address().toString(),
            models.stream().map(served -> served.model().name()).toList()));
    new CountDownLatch(1).await();
    return 0;
  }

  private ModelServer start(List<ServedModel> models, Access admitted) {
    try {
      return ModelServer.start(models, access.host(), port, ServingLimits.DEFAULT, admitted);
    } catch (DureException e) {
      throw Ports.naming(e, "--port P, 0 for any");
    }
  }

  private ServedModel open(int index, PrintWriter out) {
    Path folder = folders.get(index);
    PublicKey key =
        keys.isEmpty()
            ? Releases.ownKey(folder)
            : KeyFiles.readPublic(keys.get(keys.size() == 1 ? 0 : index));
    Optional<String> signer = signer(folder, key);
    try (VerifiedRelease release = VerifiedRelease.open(folder, key)) {
      ReleaseManifest manifest = release.manifest();
      String fingerprint = KeyFiles.fingerprint(key);
      out.println(
          signer
              .map(
                  name ->
                      "%s: whole, signed on %s by %s, key %s..."
                          .formatted(
                              manifest.name(),
                              manifest.created(),
                              name,
                              fingerprint.substring(0, 16)))
              .orElse(
                  "%s: whole, self-signed on %s by the key %s... inside it: give --key or --trust"
                          .formatted(
                              manifest.name(), manifest.created(), fingerprint.substring(0, 16))
                      + " to know whose"));
      Map<String, String> provenance = new TreeMap<>(manifest.information());
      provenance.put("signed_by", fingerprint);
      provenance.put("signed_at", manifest.created().toString());
      provenance.put("signer", signer.orElse(SELF_SIGNED));
      return new ServedModel(
          TorchLanguageModel.open(release.folder(), manifest.name(), manifest.language()),
          manifest.created(),
          provenance,
          examples(release.folder(), manifest.language()));
    }
  }

  /// Whose key it is, by the operator's own word; empty where the operator named none.
  private Optional<String> signer(Path folder, PublicKey key) {
    if (!keys.isEmpty()) {
      return Optional.of("the key that was named");
    }
    if (trust == null) {
      return Optional.empty();
    }
    Trust named = Trust.of(trust);
    return Optional.of(
        named
            .name(key)
            .orElseThrow(
                () ->
                    new DureException(
                        ErrorCode.SIGNATURE_INVALID,
                        "%s is signed by the key %s, which %s does not name: expected one of %s"
                            .formatted(
                                folder,
                                KeyFiles.fingerprint(key),
                                trust,
                                String.join(", ", new TreeSet<>(named.names().values()))))));
  }

  /// What the page offers to go on with: the prompts of the profile that the release brings along,
  /// or of Dure's own. A language without either has none.
  private static List<String> examples(Path release, String language) {
    Path own = release.resolve("profiles").resolve(language + ".toml");
    if (Files.isRegularFile(own)) {
      return LanguageProfile.of(own).prompts();
    }
    return LanguageProfile.BUILT_IN.contains(language)
        ? LanguageProfile.of(language).prompts()
        : List.of();
  }
}
