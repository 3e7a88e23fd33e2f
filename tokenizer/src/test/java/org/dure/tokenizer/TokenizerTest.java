package org.dure.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Seeded;
import org.dure.core.Sha256;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTest {
  private static final List<String> TEXTS =
      List.of(
          "두레는 여러 나라가 함께 쓰는 말을 함께 배우는 일이다. 두레는 함께 일한다.",
          "各地域の言語データは、その地域の外に出ません。各地域の言語データ。",
          "Chaque région garde ses propres textes ; chaque région y gagne. L'été, c'est l'été.",
          "Mỗi vùng giữ dữ liệu của mình. Mỗi vùng đều được lợi.",
          "Each region keeps its own text. It's theirs, and they'll keep it: 12,345 lines.\n\n\n");

  @TempDir Path folder;

  private static Tokenizer tokenizer() {
    return TokenizerTrainer.train(WordCounts.count(TEXTS), 512);
  }

  @Test
  void everyStringRoundTripsUpToItsNormalForm() {
    SplittableRandom random = Seeded.random("everyStringRoundTripsUpToItsNormalForm");
    Tokenizer tokenizer = tokenizer();
    for (int i = 0; i < 3_000; i++) {
      String text = NaiveBpe.any(random, random.nextInt(80));
      assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(Normal.composed(text));
    }
    for (String text : TEXTS) {
      assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
      assertThat(tokenizer.encode(Normal.decomposed(text))).isEqualTo(tokenizer.encode(text));
    }
    assertThat(tokenizer.decode(tokenizer.encode("a\ud83d"))).isEqualTo("a\ufffd");
    assertThat(tokenizer.encode("")).isEmpty();
  }

  @Test
  void idsAreThoseOfApplyingEveryMergeInOrder() {
    SplittableRandom random = Seeded.random("idsAreThoseOfApplyingEveryMergeInOrder");
    for (int i = 0; i < 150; i++) {
      WordCounts counts =
          WordCounts.count(
              List.of(NaiveBpe.repetitive(random, 800), NaiveBpe.repetitive(random, 800)));
      int[][] learned =
          MergeLearner.learn(List.of(counts), 150, Scratch.onHeap(), (done, total) -> {});
      List<NaiveBpe.Pair> merges = new ArrayList<>();
      for (int[] pair : learned) {
        merges.add(new NaiveBpe.Pair(pair[0], pair[1]));
      }
      Tokenizer tokenizer = Tokenizer.of(Merges.of(learned));
      for (int n = 0; n < 20; n++) {
        String text = Normal.composed(NaiveBpe.repetitive(random, random.nextInt(1, 150)));
        assertThat(tokenizer.encode(text)).isEqualTo(NaiveBpe.encode(merges, text));
      }
    }
  }

  @Test
  void longChunksAreEncodedInLinearWork() {
    Tokenizer tokenizer =
        TokenizerTrainer.train(WordCounts.count(List.of("a".repeat(4_000), "ab".repeat(500))), 400);
    for (String text : List.of("a".repeat(1 << 20), "ab".repeat(1 << 19), "aab".repeat(1 << 18))) {
      assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
    }
  }

  @Test
  void theVocabularyIsPaddedAndItsEdgesStandForNothing() {
    Tokenizer tokenizer = tokenizer();
    assertThat(tokenizer.tokens()).isLessThanOrEqualTo(512);
    assertThat(tokenizer.vocabularySize() % 128).isZero();
    assertThat(tokenizer.vocabularySize() - tokenizer.tokens()).isBetween(0, 127);
    int[] specials = {tokenizer.beginToken(), tokenizer.endToken(), tokenizer.paddingToken()};
    assertThat(specials).doesNotHaveDuplicates();
    for (int special : specials) {
      assertThat(tokenizer.bytes(special)).isEmpty();
    }
    assertThat(tokenizer.decode(specials)).isEmpty();
    assertThat(tokenizer.decode(new int[] {tokenizer.vocabularySize() - 1})).isEmpty();
    for (int outside : new int[] {-1, tokenizer.vocabularySize(), Integer.MAX_VALUE}) {
      assertThatThrownBy(() -> tokenizer.decode(new int[] {outside}))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("0 to " + (tokenizer.vocabularySize() - 1));
    }
  }

  @Test
  void specialsWrittenInTextStayText() {
    Tokenizer tokenizer = tokenizer();
    String text = "a <|end|> b <|begin|><|padding|>";
    assertThat(tokenizer.encode(text))
        .doesNotContain(tokenizer.beginToken(), tokenizer.endToken(), tokenizer.paddingToken());
    assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
  }

  @Test
  void bytesAreTheCallersOwn() {
    Tokenizer tokenizer = tokenizer();
    int[] ids = tokenizer.encode("두레");
    tokenizer.bytes(ids[0])[0] = 0;
    tokenizer.json()[0] = 0;
    assertThat(tokenizer.decode(ids)).isEqualTo("두레");
    assertThat(Sha256.of(tokenizer.json())).isEqualTo(tokenizer.digest());
  }

  @Test
  void aCutCharacterDecodesToTheReplacementCharacter() {
    Tokenizer bytesOnly = TokenizerTrainer.train(WordCounts.count(List.of("a")), 300);
    int[] ids = bytesOnly.encode("한");
    assertThat(ids).hasSize(3);
    assertThat(bytesOnly.decode(Arrays.copyOf(ids, 2))).isEqualTo("\ufffd");
  }

  @Test
  void whatIsWrittenIsReadBackTheSame() throws IOException {
    Tokenizer tokenizer = tokenizer();
    tokenizer.write(folder.resolve("ko"));
    Tokenizer read = Tokenizer.read(folder.resolve("ko").resolve("tokenizer.json"));
    assertThat(read.digest()).isEqualTo(tokenizer.digest());
    assertThat(Tokenizer.parse(tokenizer.json()).digest()).isEqualTo(tokenizer.digest());
    assertThat(read.vocabularySize()).isEqualTo(tokenizer.vocabularySize());
    assertThat(read.endToken()).isEqualTo(tokenizer.endToken());
    for (String text : TEXTS) {
      assertThat(read.encode(text)).isEqualTo(tokenizer.encode(text));
    }
    read.write(folder.resolve("again"));
    assertThat(folder.resolve("again").resolve("tokenizer.json"))
        .hasSameBinaryContentAs(folder.resolve("ko").resolve("tokenizer.json"));
    assertThat(Files.readString(folder.resolve("ko").resolve("tokenizer_config.json")))
        .contains("\"eos_token\" : \"<|end|>\"", "\"add_bos_token\" : true")
        .doesNotContain("model_max_length");
    read.write(folder.resolve("model"), 128);
    assertThat(Files.readString(folder.resolve("model").resolve("tokenizer_config.json")))
        .contains("\"bos_token\" : \"<|begin|>\"", "\"model_max_length\" : 128");
  }

  @Test
  void threadsEncodeTheSame() throws Exception {
    Tokenizer tokenizer = tokenizer();
    SplittableRandom random = Seeded.random("threadsEncodeTheSame");
    List<String> texts = new ArrayList<>(TEXTS);
    for (int i = 0; i < 200; i++) {
      texts.add(NaiveBpe.any(random, 100));
    }
    List<int[]> expected = texts.stream().map(tokenizer()::encode).toList();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<int[]>>> futures = new ArrayList<>();
      Callable<List<int[]>> work = () -> texts.stream().map(tokenizer::encode).toList();
      for (int i = 0; i < 8; i++) {
        futures.add(threads.submit(work));
      }
      for (Future<List<int[]>> future : futures) {
        assertThat(future.get()).usingRecursiveComparison().isEqualTo(expected);
      }
    }
  }

  @Test
  void fertilityCountsWhatItSays() {
    Tokenizer bytesOnly = TokenizerTrainer.train(WordCounts.count(List.of("z")), 300);
    Fertility fertility =
        Fertility.measure(bytesOnly, List.of(Normal.decomposed("두레 - 2 일"), "l'été !"));
    assertThat(fertility).isEqualTo(new Fertility(23, 4, 15, 23));
    assertThat(fertility.tokensPerWord()).isEqualTo(23 / 4.0);
    assertThat(fertility.tokensPerByte()).isEqualTo(1);
    assertThat(fertility.tokensPerCharacter()).isEqualTo(23 / 15.0);
    assertThat(fertility.text())
        .isEqualTo("23 tokens: 5.75 per word, 1.533 per character, 1.000 per byte");
    assertThat(Fertility.measure(bytesOnly, List.of("...")).text())
        .isEqualTo("3 tokens: 1.000 per character, 1.000 per byte");
    assertThat(Fertility.measure(bytesOnly, List.of()).text())
        .isEqualTo("none, so nothing to measure on");
  }

  @Test
  void hostileFilesAreRefusedWithTheFieldAndTheFile() throws IOException {
    String json = new String(tokenizer().json(), StandardCharsets.UTF_8);
    refused("", "not valid JSON");
    refused("[1]", "not valid JSON");
    refused(json.substring(0, json.length() / 2), "not valid JSON");
    refused("{}", "version");
    refused(json.replace("\"version\":\"1.0\"", "\"version\":\"2.0\""), "version");
    refused(json.replace("{\"type\":\"NFC\"}", "{\"type\":\"NFKC\"}"), "normalizer");
    refused(json.replace("{1,3}", "{1,2}"), "pre_tokenizer");
    refused(json.replace("\"type\":\"BPE\"", "\"type\":\"Unigram\""), "model.type");
    refused(json.replace("\"dropout\":null", "\"dropout\":0.5"), "model.dropout");
    refused(json.replace("\"ignore_merges\":true", "\"ignore_merges\":false"), "ignore_merges");
    refused(json.replace("<|end|>", "<|END|>"), "added_tokens");
    refused(json.replace("TemplateProcessing", "BertProcessing"), "post_processor");
    refused(json.replaceFirst("\"ids\":\\[\\d+]", "\"ids\":[7]"), "post_processor");
    refused(json.replace("\"truncation\":null", "\"truncation\":{}"), "truncation");
    refused(json.replace("\"!\":0", "\"!\":1"), "model.vocab");
    refused(json.replace("\"!\":0", "\"!\":-1"), "model.vocab");
    refused(json.replace("\"!\":0", "\"!\":1.5"), "model.vocab");
    refused(json.replaceFirst("\"merges\":\\[\\[.*?],", "\"merges\":["), "model.vocab");
    refused(json.replaceFirst("\"merges\":\\[\\[.*?],", "\"merges\":[[\"a\"],"), "merge 0");
    refused(json.replaceFirst("\"merges\":\\[\\[.*?],", "\"merges\":[[1,2],"), "merge 0");
    refused(json.replaceFirst("\"merges\":\\[\\[.*?],", "\"merges\":[[\"a\",\"qq\"],"), "merge 0");
    refused(json.replaceFirst("\"merges\":\\[\\[.*?],", "\"merges\":[[\"q\",\"q\"],"), "merge 0");
    refused(json.replaceFirst("\"merges\":\\[.*]", "\"merges\":7"), "model.merges");
    refused(json.replaceFirst("\"vocab\":\\{.*?},", "\"vocab\":[],"), "model.vocab");
    assertThatThrownBy(() -> Tokenizer.read(folder.resolve("none.json")))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MISSING));
  }

  private void refused(String json, String reason) throws IOException {
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(file, json);
    assertThatThrownBy(() -> Tokenizer.read(file))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
        .hasMessageContaining(file.toString())
        .hasMessageContaining(reason);
  }

  @Test
  void mergesThatNoTrainingGivesAreRefused() {
    // "ab" is joined before "bc", so the bytes of "abc" never become a and bc.
    int a = ByteAlphabet.idOf((byte) 'a');
    int b = ByteAlphabet.idOf((byte) 'b');
    int c = ByteAlphabet.idOf((byte) 'c');
    Merges merges = Merges.of(new int[][] {{a, b}, {b, c}, {a, 257}});
    byte[] json = TokenizerJson.write(merges);
    assertThatThrownBy(() -> Tokenizer.parse(json))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("token 258 (abc)");
  }
}
