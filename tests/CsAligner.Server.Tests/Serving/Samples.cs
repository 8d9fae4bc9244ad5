using CsAligner.Data.Images;
using CsAligner.Models;
using CsAligner.Retrieval;
using CsAligner.Search.Items;
using CsAligner.Server.Encoding;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Server.Tests.Serving;

/// <summary>What the service of the tests holds: twelve pictures, <c>image:0</c> on, and twelve texts, <c>text:0</c> on.</summary>
internal static class Samples
{
    public const int Side = 96;

    public static readonly string[] Words =
    [
        "a red heart", "a blue house", "a green tree", "a bicycle", "a cup of coffee", "an airplane", "a cat", "a musical note", "the sun",
        "a padlock", "a shopping cart", "an umbrella",
    ];

    private static readonly Lazy<ClipEmbedder> Model = new(() => ClipEmbedder.Load(Path.Combine(Repository.Root, "models", "icon-clip")));

    private static readonly Lazy<SearchItem[]> Made = new(Make);

    public static SpaceEncoder Encoder => new("icon-clip", Model.Value, Model.Value);

    public static IReadOnlyList<SearchItem> Items => Made.Value;

    /// <summary>A picture that no other number gives: a disc, a box or a cross on white.</summary>
    public static byte[] Picture(int number, int width = Side, int height = Side) =>
        PngFile.Encode(Pixels(number, width, height), width, height);

    /// <summary>What the service makes of a picture that it can decode, without a process or a request.</summary>
    public static float[] RowOfPicture(int number, int width = Side, int height = Side)
    {
        ImagePreprocessing model = Encoder.Preprocessing!;
        var fitted = new byte[3 * model.ImageSize * model.ImageSize];
        model.Fit(Pixels(number, width, height), width, height, fitted);
        return Encoder.EmbedPictures([fitted]).Span.ToArray();
    }

    public static float[] RowOfWords(string words) => Encoder.EmbedWords([words]).Span.ToArray();

    private static SearchItem[] Make() =>
    [
        .. Enumerable.Range(0, Words.Length).Select(i => new SearchItem
        {
            Id = $"image:{i}",
            Kind = RowKind.Image,
            Vector = RowOfPicture(i),
            Name = $"picture {i}",
            Path = $"{i}.png",
            Attributes = Attributes(i),
        }),
        .. Words.Select((words, i) => new SearchItem
        {
            Id = $"text:{i}",
            Kind = RowKind.Text,
            Vector = RowOfWords(words),
            Text = words,
            Attributes = Attributes(i),
        }),
    ];

    private static Dictionary<string, AttributeValue> Attributes(int i) => new(StringComparer.Ordinal)
    {
        ["colour"] = (i % 3) switch { 0 => "red", 1 => "green", _ => "blue" },
        ["year"] = 2000 + i,
    };

    private static byte[] Pixels(int number, int width, int height)
    {
        var random = new RandomGenerator((ulong)number + 1);
        byte[] colour = [(byte)(random.NextDouble() * 200), (byte)(random.NextDouble() * 200), (byte)(random.NextDouble() * 200)];
        double radius = 0.2 + (0.2 * random.NextDouble());
        var rgb = new byte[3 * width * height];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                double across = Math.Abs(((x + 0.5) / width) - 0.5), down = Math.Abs(((y + 0.5) / height) - 0.5);
                bool inside = (number % 3) switch
                {
                    0 => (across * across) + (down * down) < radius * radius,
                    1 => Math.Max(across, down) < radius,
                    _ => Math.Min(across, down) < radius / 3,
                };
                for (int c = 0; c < 3; c++) rgb[(3 * ((y * width) + x)) + c] = inside ? colour[c] : (byte)255;
            }
        }

        return rgb;
    }
}
