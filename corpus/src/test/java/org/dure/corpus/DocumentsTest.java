package org.dure.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.LanguageProfile;
import org.dure.core.Seeded;
import org.dure.core.Sha256;
import org.dure.tokenizer.TokenShard;
import org.dure.tokenizer.Tokenizer;
import org.dure.tokenizer.TokenizerTrainer;
import org.dure.tokenizer.WordCounts;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentsTest {
  private static final String DIGEST = Sha256.of(new byte[0]);
  private static final int BEGIN = 1000;
  private static final int END = 1001;

  @TempDir Path folder;
  private Path corpus;
  private Path packed;

  @BeforeEach
  void corpus() throws IOException {
    corpus = folder.resolve("corpus");
    packed = folder.resolve("packed");
    Path in = Files.createDirectory(folder.resolve("in"));
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      text.append("La phrase numéro ").append(i).append(" est dans le texte.\n");
    }
    Files.writeString(in.resolve("text.txt"), text);
    CorpusBuilder.build(LanguageProfile.of("fr"), in, corpus, 0.1);
  }

  /// Bytes as tokens.
  private static Packer.Encoding bytes() {
    return new Packer.Encoding(
        DIGEST,
        BEGIN,
        END,
        text -> {
          byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
          int[] ids = new int[bytes.length];
          for (int i = 0; i < ids.length; i++) {
            ids[i] = bytes[i] & 0xff;
          }
          return ids;
        });
  }

  private static int[] tokens(Path shard) {
    try (TokenShard opened = TokenShard.open(shard)) {
      int[] tokens = new int[(int) opened.tokens()];
      opened.read(0, tokens);
      return tokens;
    }
  }

  private List<String> texts() {
    List<String> texts = new ArrayList<>();
    Documents.train(corpus).texts().forEach(texts::add);
    return texts;
  }

  @Test
  void documentsCanBeReadAgainAndSideBySide() {
    try (Documents documents = Documents.train(corpus)) {
      Iterator<Document> first = documents.iterator();
      Iterator<Document> second = documents.iterator();
      while (first.hasNext()) {
        assertThat(second.next()).isEqualTo(first.next());
      }
      assertThat(second.hasNext()).isFalse();
      assertThat(documents.texts()).hasSize(texts().size());
    }
  }

  @Test
  void closingEndsOpenIterators() {
    Documents documents = Documents.train(corpus);
    Iterator<Document> iterator = documents.iterator();
    iterator.next();

    documents.close();

    assertThat(iterator.hasNext()).isFalse();
    try (Stream<Document> stream = documents.stream()) {
      assertThat(stream.findFirst()).isPresent();
    }
  }

  @Test
  void aChangedFileIsRefusedByName() throws IOException {
    Path file = corpus.resolve("documents/train.jsonl.zst");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);

    assertThatThrownBy(() -> Documents.train(corpus))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ARTIFACT_CORRUPT))
        .hasMessageContaining("train.jsonl.zst");
    assertThat(Documents.heldOut(corpus)).isNotEmpty();
  }

  @Test
  void aFolderThatIsNoCorpusIsRefused() {
    assertThatThrownBy(() -> Documents.train(folder))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MISSING))
        .hasMessageContaining("is no corpus");
  }

  @Test
  void everyDocumentIsPackedBetweenBeginAndEndInOrder() {
    PackReport report = Packer.pack(corpus, bytes(), packed, 1 << 20);

    int[] tokens = tokens(packed.resolve("tokens-00000.bin"));
    List<String> decoded = new ArrayList<>();
    StringBuilder bytes = new StringBuilder();
    for (int token : tokens) {
      if (token == END) {
        decoded.add(
            new String(
                bytes.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
        bytes.setLength(0);
      } else if (token != BEGIN) {
        bytes.append((char) token);
      }
    }
    assertThat(decoded).isEqualTo(texts());
    assertThat(tokens[0]).isEqualTo(BEGIN);
    PackReport.Figures figures = report.figures();
    assertThat(figures.documents()).isEqualTo(decoded.size());
    assertThat(figures.tokens()).isEqualTo(tokens.length);
    assertThat(figures.sourceBytes()).isEqualTo(tokens.length - 2L * decoded.size());
    try (TokenShard shard = TokenShard.open(packed.resolve("tokens-00000.bin"))) {
      assertThat(shard.sourceBytes()).isEqualTo(figures.sourceBytes());
      assertThat(shard.tokenizerDigest()).isEqualTo(DIGEST);
    }
  }

  @Test
  void shardsEndWithAWholeDocument() {
    PackReport.Figures figures = Packer.pack(corpus, bytes(), packed, 500).figures();

    long tokens = 0;
    for (String name : figures.shards()) {
      int[] shard = tokens(packed.resolve(name));
      assertThat(shard[0]).isEqualTo(BEGIN);
      assertThat(shard[shard.length - 1]).isEqualTo(END);
      tokens += shard.length;
    }
    assertThat(figures.shards()).hasSizeGreaterThan(2).startsWith("tokens-00000.bin");
    assertThat(tokens).isEqualTo(figures.tokens());
  }

  @Test
  void theSameCorpusAndTokenizerArePackedOnce() {
    assertThat(Packer.pack(corpus, bytes(), packed, 500).upToDate()).isFalse();
    assertThat(Packer.pack(corpus, bytes(), packed, 500).upToDate()).isTrue();
    Packer.Encoding other =
        new Packer.Encoding(Sha256.of(new byte[1]), BEGIN, END, bytes().encode());
    assertThat(Packer.pack(corpus, other, packed, 500).upToDate()).isFalse();
  }

  @Test
  void aCorpusWithoutTrainingTextIsAnErrorAndLeavesNothing() throws IOException {
    Path in = Files.createDirectory(folder.resolve("korean"));
    Files.writeString(in.resolve("a.txt"), "이것은 프랑스어가 아닙니다. 한국어 문장입니다.\n");
    Path empty = folder.resolve("empty");

    assertThatThrownBy(() -> CorpusBuilder.build(LanguageProfile.of("fr"), in, empty, 0.1))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_EMPTY));
    assertThat(empty).doesNotExist();
  }

  @Test
  void anEncoderThatFailsLeavesNothing() {
    Packer.Encoding failing =
        new Packer.Encoding(
            DIGEST,
            BEGIN,
            END,
            text -> {
              throw new IllegalStateException("no");
            });

    assertThatThrownBy(() -> Packer.pack(corpus, failing, packed, 500)).hasMessage("no");
    assertThat(packed).doesNotExist();
  }

  @Test
  void aTrainedTokenizerPacksTextThatDecodesToItself() {
    Tokenizer tokenizer =
        TokenizerTrainer.train(WordCounts.count(Documents.train(corpus).texts()), 384);

    PackReport.Figures figures = Packer.pack(corpus, tokenizer, packed).figures();

    String expected = String.join("", texts());
    assertThat(tokenizer.decode(tokens(packed.resolve("tokens-00000.bin")))).isEqualTo(expected);
    assertThat(figures.sourceBytes()).isEqualTo(expected.getBytes(StandardCharsets.UTF_8).length);
    assertThat(figures.tokens()).isLessThan(figures.sourceBytes());
    assertThat(Packer.pack(corpus, tokenizer, packed).upToDate()).isTrue();
  }

  @Test
  void aChangedShardIsPackedAgain() throws IOException {
    Packer.pack(corpus, bytes(), packed, 500);
    Path shard = packed.resolve("tokens-00001.bin");
    byte[] whole = Files.readAllBytes(shard);
    byte[] changed = whole.clone();
    changed[80] ^= 1;
    Files.write(shard, changed);

    assertThat(Packer.pack(corpus, bytes(), packed, 500).upToDate()).isFalse();
    assertThat(shard).hasBinaryContent(whole);
  }

  @Test
  void packingIntoTheCorpusIsRefused() {
    assertThatThrownBy(() -> Packer.pack(corpus, bytes(), corpus.resolve("tokens"), 500))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE));
  }

  @Test
  void aTextsUtf8LengthIsThatOfItsBytes() {
    SplittableRandom random = Seeded.random("aTextsUtf8LengthIsThatOfItsBytes");
    for (int i = 0; i < 200; i++) {
      String text = Seeded.text(random, 40);
      assertThat(Utf8Size.of(text)).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
    }
  }
}
