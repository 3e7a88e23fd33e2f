package org.dure.corpus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.dure.core.AtomicFiles;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.RunFolder;
import org.dure.core.runtime.Progress;
import org.dure.tokenizer.TokenShard;
import org.dure.tokenizer.Tokenizer;

/// Turns a corpus's training documents into token shards.
///
/// Documents keep their order, so paragraphs that followed each other in the source do so in the
/// shard; each is its begin token, its text's tokens and its end token. A shard ends with the first
/// document at which it holds 2^27 tokens.
public final class Packer {
  private static final long SHARD_TOKENS = 1L << 27;

  private Packer() {}

  /// Packs the training documents of `corpus` into `out/tokens-00000.bin` and so on; `out` is a run
  /// folder that appears whole or not at all, and if it already holds this outcome, nothing is
  /// done.
  ///
  /// @param corpus folder that [CorpusBuilder] wrote
  /// @throws DureException [ErrorCode#INPUT_EMPTY] if the corpus holds no training document, the
  ///     errors of [Documents#train], [ErrorCode#HOME_CONFLICT] if `out` holds something else, and
  ///     the errors of writing
  public static PackReport pack(Path corpus, Tokenizer tokenizer, Path out) {
    Encoding encoding =
        new Encoding(
            tokenizer.digest(), tokenizer.beginToken(), tokenizer.endToken(), tokenizer::encode);
    return pack(corpus, encoding, out, SHARD_TOKENS);
  }

  /// What packing needs of a tokenizer.
  record Encoding(String digest, int begin, int end, Function<String, int[]> encode) {}

  static PackReport pack(Path corpus, Encoding encoding, Path out, long shardTokens) {
    OutputFolder.check(out, corpus);
    try (Documents documents = Documents.train(corpus)) {
      Map<String, String> inputs = new TreeMap<>();
      inputs.put(CorpusFiles.TRAIN, documents.digest());
      inputs.put("tokenizer.json", encoding.digest());
      boolean packed =
          RunFolder.run(
              out,
              "corpus pack",
              "shard-tokens = %d%n".formatted(shardTokens),
              inputs,
              part -> fill(part, corpus, documents, encoding, shardTokens));
      PackReport.Figures figures = Json.read(out.resolve("report.json"), PackReport.Figures.class);
      return new PackReport(figures, !packed);
    }
  }

  private static void fill(
      Path part, Path corpus, Documents documents, Encoding encoding, long shardTokens)
      throws IOException {
    List<String> names = new ArrayList<>();
    long count = 0;
    long tokens = 0;
    long bytes = 0;
    TokenShard.Writer shard = null;
    try (Progress progress = new Progress("packing " + corpus, "documents", 0)) {
      for (Document document : documents) {
        if (shard == null) {
          String name = "tokens-%05d.bin".formatted(names.size());
          names.add(name);
          shard = TokenShard.writer(part.resolve(name), encoding.digest());
        }
        int[] ids = framed(encoding, document.text());
        long size = Utf8Size.of(document.text());
        shard.add(ids, size);
        count++;
        tokens += ids.length;
        bytes += size;
        progress.update(count, "%,d tokens".formatted(tokens));
        if (shard.tokens() >= shardTokens) {
          shard.close();
          shard = null;
        }
      }
      if (shard != null) {
        shard.close();
        shard = null;
      }
    } finally {
      if (shard != null) {
        shard.discard();
      }
    }
    if (count == 0) {
      throw new DureException(
          ErrorCode.INPUT_EMPTY,
          "%s holds no document to train on: its report.html says why".formatted(corpus));
    }
    AtomicFiles.write(
        part.resolve("report.json"),
        Json.pretty(new PackReport.Figures(count, tokens, bytes, names)));
  }

  private static int[] framed(Encoding encoding, String text) {
    int[] ids = encoding.encode().apply(text);
    int[] framed = new int[ids.length + 2];
    framed[0] = encoding.begin();
    System.arraycopy(ids, 0, framed, 1, ids.length);
    framed[ids.length + 1] = encoding.end();
    return framed;
  }
}
