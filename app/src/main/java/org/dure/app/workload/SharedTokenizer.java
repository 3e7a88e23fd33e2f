package org.dure.app.workload;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import org.dure.core.DureException;
import org.dure.core.runtime.Progress;
import org.dure.federation.protocol.CommonPreparation;
import org.dure.federation.protocol.FragmentWriter;
import org.dure.tokenizer.PartCounts;
import org.dure.tokenizer.TokenizerTrainer;

/// The one tokenizer that regions share, from the word counts that each exported: they choose its
/// tokens in turn, so that none has more than an equal share of them.
///
/// @param scratch where the learning has its arrays, up to 40 bytes for each byte of the parts
record SharedTokenizer(int vocabulary, Path scratch) implements CommonPreparation {
  /// Tokens that fit into the hub's heap of 96 MB, at some 100 bytes each.
  static final int MOST_VOCABULARY = 1 << 18;

  private record Counts(Part part) implements PartCounts.Part {
    @Override
    public long length() {
      return part.length();
    }

    @Override
    public InputStream open() {
      return part.open();
    }
  }

  @Override
  public void check(Part part) {
    PartCounts unused = new PartCounts(new Counts(part));
  }

  @Override
  public void prepare(SortedMap<String, Part> parts, FragmentWriter common) {
    List<PartCounts> counts =
        parts.values().stream().map(part -> new PartCounts(new Counts(part))).toList();
    try (Progress progress = new Progress("tokenizer", "merges", vocabulary)) {
      TokenizerTrainer.write(
          counts, vocabulary, scratch, common, (merges, total) -> progress.update(merges, ""));
    } catch (IOException e) {
      throw DureException.io("write", scratch, e);
    }
  }
}
