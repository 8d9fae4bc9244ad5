using CsAligner.Tokenizers;
using CsAligner.Training;

namespace CsAligner.Tests.Training;

/// <summary>Noise with captions as long as those of icons.</summary>
internal sealed class NoisePairs(int count) : IImageTextPairs
{
    // Words in a caption, as often as they occur among icons.
    private static readonly int[] Lengths = [1, 1, 2, 2, 2, 3, 3, 4, 5, 8];

    private readonly string[][] _captions =
        [.. Enumerable.Range(0, count).Select(i => (string[])[Caption(i, Lengths[i % Lengths.Length]), Caption(i, 2)])];

    public int Count => count;

    public IReadOnlyList<string> Captions(int index) => _captions[index];

    public bool IsColoured(int index) => true;

    /// <summary>A tokenizer that has a token for most words of the captions.</summary>
    public static ClipTokenizer Tokenizer(int vocabularySize) =>
        new(BpeTrainer.Train(Enumerable.Range(0, 400).Select(i => KeyValuePair.Create(Word(i), 10L)), vocabularySize));

    public void ReadImage(int index, Span<byte> rgb)
    {
        uint state = (uint)index + 1;
        foreach (ref byte value in rgb) value = (byte)((state = (state * 1664525) + 1013904223) >> 24);
    }

    private static string Caption(int index, int words) =>
        string.Join(' ', Enumerable.Range(0, words).Select(word => Word((index * 31) + (word * 17))));

    private static string Word(int number) => $"{(char)('a' + (number % 20))}{(char)('a' + (number / 20 % 20))}";
}
