import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;

/// `java bench/CorpusText.java FOLDER BYTES`: made-up Korean sentences, one a line, about 230 bytes
/// each, in files of 200 MB. One in ten stood before. The same bytes at every call.
public class CorpusText {
  private static final long FILE_BYTES = 200_000_000;
  private static final int WORDS = 200_000;
  private static final SplittableRandom RANDOM = new SplittableRandom(1);

  public static void main(String[] arguments) throws IOException {
    Path folder = Files.createDirectories(Path.of(arguments[0]));
    long left = Long.parseLong(arguments[1]);
    byte[][] words = new byte[WORDS][];
    for (int i = 0; i < WORDS; i++) {
      StringBuilder word = new StringBuilder();
      int length = 1 + RANDOM.nextInt(4);
      for (int k = 0; k < length; k++) {
        word.append((char) (0xAC00 + RANDOM.nextInt(2000) * 5));
      }
      word.append(RANDOM.nextInt(4) == 0 ? "는 " : "에 ");
      words[i] = word.toString().getBytes(StandardCharsets.UTF_8);
    }
    byte[][] earlier = new byte[1 << 16][];
    int seen = 0;
    for (int file = 0; left > 0; file++) {
      Path path = folder.resolve("text-%05d.txt".formatted(file));
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path), 1 << 20)) {
        for (long written = 0; written < FILE_BYTES && left > 0; ) {
          byte[] line;
          if (seen == earlier.length && RANDOM.nextInt(10) == 0) {
            line = earlier[RANDOM.nextInt(seen)];
          } else {
            line = sentence(words);
            earlier[seen < earlier.length ? seen++ : RANDOM.nextInt(seen)] = line;
          }
          out.write(line);
          written += line.length;
          left -= line.length;
        }
      }
    }
  }

  private static byte[] sentence(byte[][] words) {
    byte[] line = new byte[1 << 10];
    int length = 0;
    int count = 8 + RANDOM.nextInt(25);
    for (int i = 0; i < count; i++) {
      byte[] word = words[(int) (WORDS * Math.pow(RANDOM.nextDouble(), 3))];
      System.arraycopy(word, 0, line, length, word.length);
      length += word.length;
    }
    line[length - 1] = '\n';
    return Arrays.copyOf(line, length);
  }
}
