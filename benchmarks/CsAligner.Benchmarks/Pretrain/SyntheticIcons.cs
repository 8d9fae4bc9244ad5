using CsAligner.Tokenizers;
using CsAligner.Training;

namespace CsAligner.Benchmarks.Pretrain;

/// <summary>Noise with captions as long as those of icons: one word to eight, each word one token.</summary>
internal sealed class SyntheticIcons(int count = 4096) : IImageTextPairs
{
    /// <summary>Tokens of the longest caption, begin and end included.</summary>
    public const int LongestCaption = 10;

    // Words in a caption, as often as they occur: most icons have names of one to three words.
    private static readonly int[] Lengths = [1, 1, 2, 2, 2, 3, 3, 4, 5, 8];

    public int Count => count;

    public IReadOnlyList<string> Captions(int index)
        => [string.Join(' ',
            Enumerable.Range(0, Lengths[index % Lengths.Length]).Select(word => Word(((index * 31) + (word * 17)) % 2000)))];

    public bool IsColoured(int index) => true;

    public void ReadImage(int index, Span<byte> rgb) => new Random(index).NextBytes(rgb);

    public static ClipTokenizer Tokenizer(int vocabularySize)
        => new(BpeTrainer.Train(Enumerable.Range(0, 2000).Select(i => KeyValuePair.Create(Word(i), 10L)), vocabularySize));

    private static string Word(int number) =>
        $"{(char)('a' + (number % 26))}{(char)('a' + (number / 26 % 26))}{(char)('a' + (number / 676))}";
}
