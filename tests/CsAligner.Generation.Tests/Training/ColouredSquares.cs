using CsAligner.Generation.Training;
using CsAligner.Models;
using CsAligner.Tensors;

namespace CsAligner.Generation.Tests.Training;

/// <summary>
/// A toy world of pictures, 8 x 8: a square of one colour in one corner, on white. Its encoder, which knows them by their corners' colours,
/// is exact.
/// </summary>
internal sealed class ColouredSquares : IConditionedPictures, IImageEncoder
{
    public const int Side = 8, CornerValues = 12;

    private static readonly byte[][] Colours = [[0, 0, 0], [220, 40, 40], [40, 160, 60], [50, 70, 220]];

    private readonly int _first;

    public ColouredSquares(int count, int first = 0)
    {
        (Count, _first) = (count, first);
        Conditions = this.EmbedImages(count, (i, rgb) => ReadImage(i, rgb));
    }

    public int Count { get; }

    public Tensor Conditions { get; }

    public int Width => CornerValues;

    public ImagePreprocessing Preprocessing { get; } = new(Side, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation);

    public bool HasImageTokens => false;

    public bool IsColoured(int index) => (_first + index) % 4 != 0;

    public void ReadImage(int index, Span<byte> rgb)
    {
        rgb.Fill(255);
        int corner = (_first + index) / 4 % 4, top = corner / 2 * 4, left = corner % 2 * 4;
        for (int y = top; y < top + 4; y++)
            for (int x = left; x < left + 4; x++) Colours[(_first + index) % 4].CopyTo(rgb[(3 * ((y * Side) + x))..]);
    }

    public void EmbedImages(
        int count, ImageReader read, bool tokens, Action<EmbeddedBatch> write, int? batchSize = null,
        CancellationToken cancellation = default)
    {
        var features = new Tensor(count, Width);
        var rgb = new byte[3 * Side * Side];
        for (int i = 0; i < count; i++)
        {
            read(i, rgb);
            var row = features.Span.Slice(i * Width, Width);
            for (int corner = 0; corner < 4; corner++)
            {
                int middle = 3 * ((((corner / 2 * 4) + 2) * Side) + (corner % 2 * 4) + 2);
                for (int c = 0; c < 3; c++) row[(3 * corner) + c] = (255 - rgb[middle + c]) / 255f;
            }

            float norm = Math.Max(1e-6f, MathF.Sqrt(row.ToArray().Sum(v => v * v)));
            for (int c = 0; c < Width; c++) row[c] /= norm;
        }

        write(new EmbeddedBatch(0, features));
    }
}
