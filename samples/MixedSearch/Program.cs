// Pictures and words in one index, asked in words: the ten nearest of both kinds, before and after the collection was aligned.
using System.Text;
using CsAligner.Data.Images;
using CsAligner.Models;
using CsAligner.Retrieval;
using CsAligner.Tensors;
using CsAligner.Training;

(string Name, string Path)[] icons =
[
    ("heart", "M12 21C5 15 2 12 2 8a5 5 0 0 1 10-2 5 5 0 0 1 10 2c0 4-3 7-10 13z"),
    ("star", "M12 2l3 7h7l-6 4.500 2 7.500-6-4.500-6 4.500 2-7.500-6-4.500h7z"),
    ("circle", "M12 2a10 10 0 1 0 0 20 10 10 0 1 0 0-20z"),
    ("square", "M4 4h16v16h-16z"),
    ("triangle", "M12 3l10 18h-20z"),
    ("plus", "M12 4v16M4 12h16"),
    ("minus", "M4 12h16"),
    ("check", "M4 13l5 5 11-12"),
    ("arrow right", "M4 12h16M14 6l6 6-6 6"),
    ("arrow left", "M20 12h-16M10 6l-6 6 6 6"),
    ("arrow up", "M12 20v-16M6 10l6-6 6 6"),
    ("arrow down", "M12 4v16M6 14l6 6 6-6"),
    ("home", "M3 11l9-8 9 8M5 10v11h14v-11M10 21v-7h4v7"),
    ("mail", "M2 5h20v14h-20zM2 6l10 8 10-8"),
    ("moon", "M20 14a9 9 0 1 1-10-11 7 7 0 0 0 10 11z"),
    ("menu", "M3 6h18M3 12h18M3 18h18"),
];
string[] names = [.. icons.Select(icon => icon.Name)];
var clip = ClipEmbedder.Load(Path.Combine(AppContext.BaseDirectory, "models", "icon-clip"));
Tensor pictures = clip.EmbedImages(icons.Length, (i, rgb) => Draw(icons[i].Path, clip.ImageSize, rgb)), words = clip.EmbedTexts(names);

// Aligned by its own pairs; a collection with few pairs takes the rest as AlignmentData.UnpairedImages and UnpairedTexts.
var options = new AlignmentOptions { Epochs = 200, LearningRate = 2e-3, ValidationFraction = 0 };
var aligned = new AlignmentTrainer(options, new AlignmentData(pictures, words)).Run();

const string Query = "heart icon";
Tensor query = clip.EmbedTexts([Query]);
Show("before", query, pictures, words);
var first = Show("after", aligned.Text.Apply(query), aligned.Image.Apply(pictures), aligned.Text.Apply(words)).Take(2);
return first.All(match => names[match.Row.Row] == "heart") ? 0 : 1;

// Prints the ten nearest of both kinds, and returns them.
IReadOnlyList<MixedMatch> Show(string when, Tensor asked, Tensor images, Tensor texts)
{
    var found = new MixedIndex(images, texts).Search(asked)[0].Matches;
    Console.WriteLine($"'{Query}' {when} alignment:");
    foreach ((MixedRow row, float score) in found)
        Console.WriteLine($"  {score:f3} {(row.Kind == RowKind.Image ? "picture" : "word   ")} {names[row.Row]}");
    return found;
}

// Black lines on white.
static void Draw(string path, int size, Span<byte> rgb)
{
    string svg = $"""
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="{path}" fill="none" stroke="black" stroke-width="2"/></svg>
        """;
    byte[] rgba = ImageRasterizer.SvgToRgba(Encoding.UTF8.GetBytes(svg), size);
    for (int i = 0; i < size * size; i++) rgb.Slice(3 * i, 3).Fill((byte)(255 - rgba[(4 * i) + 3]));
}
