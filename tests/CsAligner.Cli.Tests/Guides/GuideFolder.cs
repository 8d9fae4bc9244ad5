using CsAligner.Data.Images;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Guides;

/// <summary>What the guides' commands find in the folder that they run in.</summary>
internal static class GuideFolder
{
    private const int Rows = 400, Width = 64, Side = 64;

    private static readonly (string Name, byte Red, byte Green, byte Blue)[] Colours =
    [
        ("red", 220, 40, 40), ("green", 40, 160, 60), ("blue", 40, 80, 220), ("yellow", 240, 200, 40),
        ("purple", 140, 60, 180), ("orange", 240, 130, 30), ("black", 20, 20, 20), ("grey", 130, 130, 130),
    ];

    private static readonly (string Name, Func<double, double, double, bool> Inside)[] Shapes =
    [
        ("circle", (x, y, r) => (x * x) + (y * y) < r * r),
        ("square", (x, y, r) => Math.Max(Math.Abs(x), Math.Abs(y)) < r),
        ("triangle", (x, y, r) => y < r && y > -r && Math.Abs(x) < (y + r) / 2),
        ("ring", (x, y, r) => (x * x) + (y * y) < r * r && (x * x) + (y * y) > r * r / 3),
        ("cross", (x, y, r) => Math.Max(Math.Abs(x), Math.Abs(y)) < r && Math.Min(Math.Abs(x), Math.Abs(y)) < r / 4),
    ];

    public static void Fill(TemporaryFolder folder)
    {
        SaveFeatures(folder);
        SaveCoco(folder);
        SavePhotos(folder);
    }

    // As many rows as COCO's test split has, five texts to an image.
    private static void SaveCoco(TemporaryFolder folder)
    {
        const int Images = 5000, Captions = 5, Narrow = 8;
        var random = new RandomGenerator(3);
        Tensor images = Tensor.Normal(random, 1, Images, Narrow), texts = new(Images * Captions, Narrow);
        for (int i = 0; i < texts.Length; i++)
            texts.Span[i] = images.Span[(i / (Captions * Narrow) * Narrow) + (i % Narrow)] + (0.3f * (float)random.NextNormal());
        Npy.Write(folder["coco-images.npy"], images);
        Npy.Write(folder["coco-texts.npy"], texts);
        Npy.Write(folder["coco-pairs.npy"], [.. Enumerable.Range(0, texts.Rows).Select(text => (long)(text / Captions))]);
    }

    // Two clouds with pairs in them, and what can be wrong with such files.
    private static void SaveFeatures(TemporaryFolder folder)
    {
        foreach ((string name, ulong seed) in ((string, ulong)[])[("", 1), ("test-", 2)])
        {
            var random = new RandomGenerator(seed);
            Tensor images = new(Rows, Width), texts = new(Rows, Width);
            for (int i = 0; i < images.Length; i++)
            {
                double shared = random.NextNormal();
                images.Span[i] = (float)(shared + (0.4 * random.NextNormal()) + 1);
                texts.Span[i] = (float)(shared + (0.4 * random.NextNormal()) - 1);
            }

            Npy.Write(folder[name + "images.npy"], images);
            Npy.Write(folder[name + "texts.npy"], texts);
            if (name.Length > 0) continue;
            Npy.Write(folder["texts-300.npy"], Tensor.From(texts.Span[..(300 * Width)].ToArray(), 300, Width));
            Npy.Write(folder["texts-wide.npy"], Tensor.From([.. Enumerable.Repeat(0.5f, Rows * 512)], Rows, 512));
            texts.Span[(7 * Width) + 3] = float.NaN;
            Npy.Write(folder["texts-nan.npy"], texts);
            texts.Span[(7 * Width) + 3] = 0;
            texts.Span.Slice(9 * Width, Width).Clear();
            Npy.Write(folder["texts-zero.npy"], texts);
        }

        File.WriteAllBytes(folder["images-torn.npy"], File.ReadAllBytes(folder["images.npy"])[..5000]);
        File.WriteAllText(folder["notes.npy"], "hello");
        File.WriteAllLines(folder["queries.txt"], ["a red circle", "a blue ring"]);
    }

    // 200 pictures: every shape in every colour and five sizes, with a caption or two. As many that a decoder might have made of them,
    // and as many that it never saw.
    private static void SavePhotos(TemporaryFolder folder)
    {
        foreach (string name in (string[])["photos", "generated-photos", "unseen-photos"]) Directory.CreateDirectory(folder[name]);
        var captions = new List<string>();
        foreach (var (shape, inside) in Shapes)
        {
            foreach (var (colour, red, green, blue) in Colours)
            {
                for (int size = 1; size <= 5; size++)
                {
                    string name = $"{colour}-{shape}-{size}.png";
                    Draw(folder[$"photos/{name}"], inside, 4 + (5 * size), 0, red, green, blue);
                    Draw(folder[$"generated-photos/{name}"], inside, 3 + (5 * size), 2, red, green, blue);
                    Draw(folder[$"unseen-photos/{name}"], inside, 6 + (5 * size), -3, red, green, blue);
                    captions.Add($"{name}\ta {colour} {shape} of size {size}");
                    if (size % 2 == 0) captions.Add($"{name}\t{shape}, {colour}");
                }
            }
        }

        File.WriteAllLines(folder["photos/captions.tsv"], captions);
        File.WriteAllLines(folder["words.txt"], Shapes.SelectMany(shape => Colours.Select(colour => $"a {colour.Name} {shape.Name}")));
    }

    private static void Draw(
        string path, Func<double, double, double, bool> inside, double radius, int left, byte red, byte green, byte blue)
    {
        byte[] rgb = new byte[Side * Side * 3];
        for (int at = 0; at < Side * Side; at++)
        {
            bool drawn = inside((at % Side) - (Side / 2) + left, (at / Side) - (Side / 2), radius);
            (rgb[3 * at], rgb[(3 * at) + 1], rgb[(3 * at) + 2]) = drawn ? (red, green, blue) : ((byte)255, (byte)255, (byte)255);
        }

        File.WriteAllBytes(path, PngFile.Encode(rgb, Side, Side));
    }
}
