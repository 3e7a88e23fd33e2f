package org.dure.app.workload;

import java.nio.file.Path;
import java.util.BitSet;
import java.util.Optional;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.SitePolicy;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.page.MessageTexts;
import org.dure.corpus.Documents;
import org.dure.tokenizer.TokenShard;
import org.dure.tokenizer.Tokenizer;

/// The site's floor under the text that a region has, where the study's own numbers say only what
/// it would like: text that is too little is read over and over, documents that are not there are
/// not measured.
public final class TextFloor {
  /// Tokens that are looked at together: the same so many again are a repetition.
  private static final int PASSAGE = 8;

  /// As many bits as tokens are told apart by; 8 MiB.
  private static final int MARKS = 1 << 26;

  /// So many are told apart at most; a floor above it is held against the tokens alone.
  private static final long MOST_COUNTED = 4L * MARKS;

  private static final int READ = 1 << 14;

  private final SitePolicy policy;
  private final RegionLayout region;

  TextFloor(SitePolicy policy, RegionLayout region) {
    this.policy = policy;
    this.region = region;
  }

  /// Refuses to train on the packed text of a region that has too little of it.
  ///
  /// @param tokenizer that it was packed with
  /// @throws DureException with [ErrorCode#EXPORT_REFUSED]
  public static void requireTokens(RegionLayout region, Tokenizer tokenizer) {
    new TextFloor(SitePolicy.of(region), region).requireTokens(tokenizer);
  }

  void requireTokens(Tokenizer tokenizer) {
    Passages passages = new Passages(tokenizer, policy.leastTokens());
    for (Path file : Pretraining.shards(region.tokens())) {
      if (passages.enough()) {
        return;
      }
      try (TokenShard shard = TokenShard.open(file)) {
        passages.read(shard);
      }
    }
    if (!passages.enough()) {
      throw new DureException(
          ErrorCode.EXPORT_REFUSED,
          "%s holds %,d tokens of text to train on, %,d of them distinct, the others repeat what stands before: weights.at-least-tokens is %,d. Nothing was trained; expected more text"
              .formatted(
                  region.tokens(), passages.tokens, passages.distinct(), policy.leastTokens()));
    }
  }

  /// Whether a measure of so many documents may leave.
  boolean lets(long documents) {
    return documents >= policy.leastDocuments();
  }

  /// That no score leaves, in the region's language; empty if scores do.
  ///
  /// @param language BCP 47 code
  Optional<String> silence(String language) {
    long documents;
    try (Documents heldOut = Documents.heldOut(region.corpus())) {
      documents = heldOut.count();
    }
    if (lets(documents)) {
      return Optional.empty();
    }
    String spoken = PrivacyMessages.LANGUAGES.contains(language) ? language : "en";
    return Optional.of(
        MessageTexts.read(TextFloor.class, "privacy", spoken)
            .text(
                "silence",
                "documents",
                Long.toString(documents),
                "least",
                Integer.toString(policy.leastDocuments())));
  }

  /// Tokens in their order, of which those count that end a passage not seen before: of a text that
  /// stands fifty times, once. What ends a document ends a passage. How many there are is told from
  /// the marks they leave (linear counting, Whang et al. 1990), exact to a thousandth.
  private static final class Passages {
    /// A passage is a number to which each token adds itself above the last one's lowest byte:
    /// after eight of them nothing is left of a token.
    private static final long SHIFT = 0x9E3779B97F4A7C15L << Long.SIZE / PASSAGE;

    private static final long SPREAD = 0xD6E8FEB86659FD93L;

    private final Tokenizer tokenizer;
    private final long least;
    private final double leastMarks;
    private final BitSet marks = new BitSet(MARKS);
    private int marked;
    private long tokens;
    private long passage;

    Passages(Tokenizer tokenizer, long least) {
      this.tokenizer = tokenizer;
      this.least = least;
      leastMarks = MARKS * -Math.expm1(-(double) Math.min(least, MOST_COUNTED) / MARKS);
    }

    boolean enough() {
      return tokens >= least && Math.ceil(leastMarks) <= marked;
    }

    long distinct() {
      return Math.round(-MARKS * Math.log1p(-(double) marked / MARKS));
    }

    void read(TokenShard shard) {
      for (long from = 0; from < shard.tokens() && !enough(); from += READ) {
        int[] read = new int[(int) Math.min(READ, shard.tokens() - from)];
        shard.read(from, read);
        for (int token : read) {
          add(token);
        }
      }
    }

    private void add(int token) {
      if (token == tokenizer.beginToken() || token == tokenizer.endToken()) {
        passage = 0;
        return;
      }
      tokens++;
      passage = passage * SHIFT + (token + 1) * SPREAD;
      long spread = (passage ^ passage >>> 32) * SPREAD;
      int mark = (int) ((spread ^ spread >>> 29) * SPREAD >>> Long.SIZE - 26);
      if (!marks.get(mark)) {
        marks.set(mark);
        marked++;
      }
    }
  }
}
