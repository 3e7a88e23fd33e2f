package org.dure.app.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.dure.app.SmallText;
import org.dure.core.Document;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.corpus.read.Candidate;
import org.dure.corpus.read.Split;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Who gets which text, and that nobody measures on what anybody trains on.
class DemoTextTest {
  @TempDir Path folder;

  private DemoOptions options(Map<String, Path> text) {
    return new DemoOptions(
        folder.resolve("demo"),
        folder.resolve("cache"),
        List.of("ko"),
        2,
        text,
        Map.of(),
        new DemoOptions.Budget(null, 20),
        1,
        Together.LANGUAGE,
        true,
        false,
        new DemoOptions.Listening(0, 0, 0));
  }

  private List<Document> documents(String name) throws IOException {
    List<Document> documents = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("demo/shares/" + name + "/text.jsonl"))) {
      documents.add(Json.read(line.getBytes(StandardCharsets.UTF_8), Document.class));
    }
    return documents;
  }

  private List<String> texts(String name, Split split) throws IOException {
    double heldOut = DemoText.read(folder.resolve("demo")).institutions().get(name).heldOut();
    return documents(name).stream()
        .filter(
            document ->
                (Split.of(Optional.of(Candidate.whole(document.id())), document.text(), heldOut)
                        == Split.TRAIN)
                    == (split == Split.TRAIN))
        .map(Document::text)
        .toList();
  }

  @Test
  void aLanguagesTextIsSharedOutInStretches() throws IOException {
    Path given = SmallText.write(folder.resolve("given"), "ko", 300);
    List<String> said = new ArrayList<>();
    new DemoText(options(Map.of("ko", given)), said::add).obtain();

    DemoText.Shares shares = DemoText.read(folder.resolve("demo"));
    assertThat(shares.institutions()).containsOnlyKeys("ko-1", "ko-2");
    List<Integer> first = lines("ko-1");
    List<Integer> second = lines("ko-2");
    assertThat(first).isSorted();
    assertThat(second).isSorted();
    assertThat(first.getLast()).isLessThan(second.getFirst());
    assertThat(first.size() + second.size() + shares.dropped()).isEqualTo(300);
    assertThat(first.size()).isBetween(120, 160);
    assertThat(said).anyMatch(line -> line.startsWith("ko: 300 documents read"));

    new DemoText(options(Map.of("ko", given)), said::add).obtain();
    assertThat(lines("ko-1")).isEqualTo(first);
  }

  private List<Integer> lines(String name) throws IOException {
    return documents(name).stream()
        .map(document -> Integer.valueOf(document.id().replaceFirst(".*:", "")))
        .toList();
  }

  @Test
  void whatStandsInAnybodysTrainingTextIsNotMeasuredOn() throws IOException {
    Path one = SmallText.write(folder.resolve("one"), "ko", 400);
    Path other = Files.createDirectories(folder.resolve("other"));
    List<String> lines =
        Files.readAllLines(one.resolve("text.txt")).stream()
            .filter(line -> !line.isBlank())
            .toList();
    // The same paragraphs behind other line numbers, so that other ones are held out; half of them
    // with another first sentence.
    List<String> copied =
        IntStream.range(200, lines.size())
            .mapToObj(i -> i % 2 == 0 ? lines.get(i) : "새로 쓴 첫 문장입니다. " + lines.get(i))
            .toList();
    Files.writeString(
        other.resolve("text.txt"), "맨 앞에 다른 문단이 하나 있습니다.\n" + String.join("\n", copied));
    Path third = Files.createDirectories(folder.resolve("third"));
    Files.writeString(third.resolve("more.txt"), Files.readString(other.resolve("text.txt")));
    SmallText.write(folder.resolve("third/new"), "ko", 260);

    new DemoText(options(Map.of("ko-1", one, "ko-2", third)), line -> {}).obtain();

    assertThat(DemoText.read(folder.resolve("demo")).dropped()).isGreaterThan(20);
    Set<String> trained = new HashSet<>(texts("ko-1", Split.TRAIN));
    trained.addAll(texts("ko-2", Split.TRAIN));
    List<String> measured = new ArrayList<>(texts("ko-1", Split.HELD_OUT));
    measured.addAll(texts("ko-2", Split.HELD_OUT));
    assertThat(measured)
        .isNotEmpty()
        .noneMatch(trained::contains)
        .noneMatch(text -> trained.contains("새로 쓴 첫 문장입니다. " + text));
  }

  @Test
  void ofManyFilesEachIsTrainedOnOrMeasuredOnAsAWhole() throws IOException {
    Path given = SmallText.write(folder.resolve("given"), "ko", 480);
    Path files = Files.createDirectories(folder.resolve("files"));
    List<String> lines =
        Files.readAllLines(given.resolve("text.txt")).stream()
            .filter(line -> !line.isBlank())
            .toList();
    for (int i = 0; i < 120; i++) {
      List<String> four = lines.subList(4 * i, 4 * i + 4);
      Files.writeString(files.resolve("f%03d.txt".formatted(i)), String.join("\n", four));
    }
    new DemoText(options(Map.of("ko", files)), line -> {}).obtain();
    for (String name : List.of("ko-1", "ko-2")) {
      Set<String> trained = sources(name, Split.TRAIN);
      Set<String> measured = sources(name, Split.HELD_OUT);
      assertThat(trained.size() + measured.size()).isBetween(58, 62);
      assertThat(measured).isNotEmpty().doesNotContainAnyElementsOf(trained);
    }
  }

  private Set<String> sources(String name, Split split) throws IOException {
    Set<String> texts = new HashSet<>(texts(name, split));
    return documents(name).stream()
        .filter(document -> texts.contains(document.text()))
        .map(Document::source)
        .collect(Collectors.toSet());
  }

  @Test
  void textOfWhichNothingIsLeftToMeasureOnIsRefusedByName() throws IOException {
    Path one = SmallText.write(folder.resolve("one"), "ko", 100);
    Path twice = Files.createDirectories(folder.resolve("twice"));
    String line = Files.readAllLines(one.resolve("text.txt")).getFirst();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      text.append(line).append(' ').append(i).append('\n');
    }
    Files.writeString(twice.resolve("text.txt"), text);
    assertThatExceptionOfType(DureException.class)
        .isThrownBy(
            () -> new DemoText(options(Map.of("ko-1", twice, "ko-2", one)), said -> {}).obtain())
        .returns(ErrorCode.INPUT_EMPTY, DureException::code)
        .withMessageContaining("ko-1: of ")
        .withMessageContaining("give other or more text");
    assertThat(folder.resolve("demo/shares")).doesNotExist();
  }
}
