// Words and pictures in one space through the generators of Microsoft.Extensions.AI, from a container; then a search by words.
using CsAligner.Data.Images;
using CsAligner.Extensions;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

using var services = new ServiceCollection()
    .AddCsAligner(options => options.Model = Path.Combine(AppContext.BaseDirectory, "models", "icon-clip"))
    .BuildServiceProvider();
var words = services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
var pictures = services.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();

(string Name, DataContent Picture)[] collection =
[
    ("plus.png", Draw((x, y) => Math.Min(Math.Abs(x), Math.Abs(y)) < 3 && Math.Max(Math.Abs(x), Math.Abs(y)) < 22)),
    ("circle.png", Draw((x, y) => Math.Abs(Math.Sqrt((x * x) + (y * y)) - 22) < 3)),
    ("square.png", Draw((x, y) => Math.Abs(Math.Max(Math.Abs(x), Math.Abs(y)) - 20) < 3)),
];
var rows = await pictures.GenerateAsync(collection.Select(item => item.Picture));
int found = 0;
foreach (string query in (string[])["plus", "circle", "square"])
{
    var asked = await words.GenerateVectorAsync(query);
    var best = collection.Zip(rows, (item, row) => (item.Name, Score: TensorPrimitives.CosineSimilarity(asked.Span, row.Vector.Span)))
        .MaxBy(item => item.Score);
    Console.WriteLine($"{query}: {best.Name} ({best.Score:f3})");
    if (best.Name == query + ".png") found++;
}

return found == collection.Length ? 0 : 1;

// Black on white; x and y from the middle.
static DataContent Draw(Func<double, double, bool> isInk)
{
    const int Side = 64;
    var pixels = new byte[Side * Side * 3];
    for (int i = 0; i < Side * Side; i++) pixels.AsSpan(3 * i, 3).Fill(isInk((i % Side) - 31.5, (i / Side) - 31.5) ? (byte)0 : (byte)255);
    return new DataContent(PngFile.Encode(pixels, Side, Side), "image/png");
}
