using CsAligner.Models;
using CsAligner.Tensors;

namespace CsAligner.Data.Tests.Embedding;

/// <summary>An encoder whose features can be foretold: of a picture its first bytes, of a text its letters counted.
/// Counts its work.</summary>
internal sealed class ByteEncoder : IImageEncoder, ITextEncoder
{
    private const int Batch = 3;

    public int Width => 8;

    public ImagePreprocessing Preprocessing { get; } = new(4, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation);

    public bool HasImageTokens => true;

    public bool HasTextTokens => true;

    public int Images { get; private set; }

    public int Texts { get; private set; }

    public void EmbedImages(int count, ImageReader read, bool tokens, Action<EmbeddedBatch> write, int? batchSize = null,
        CancellationToken cancellation = default)
    {
        Run(count, tokens, write, batchSize, (i, row) =>
        {
            byte[] rgb = new byte[48];
            read(i, rgb);
            for (int c = 0; c < row.Length; c++) row[c] = 1 + rgb[c];
        }, cancellation);
        Images += count;
    }

    public void EmbedTexts(IReadOnlyList<string> texts, bool tokens, Action<EmbeddedBatch> write, int? batchSize = null,
        CancellationToken cancellation = default)
    {
        Run(texts.Count, tokens, write, batchSize, (i, row) =>
        {
            row.Fill(1);
            foreach (char c in texts[i]) row[c % 8]++;
        }, cancellation);
        Texts += texts.Count;
    }

    private delegate void RowMaker(int index, Span<float> row);

    private void Run(int count, bool tokens, Action<EmbeddedBatch> write, int? batchSize, RowMaker make, CancellationToken cancellation)
    {
        int batch = batchSize ?? Batch;
        for (int first = 0; first < count; first += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            int rows = Math.Min(batch, count - first);
            Tensor features = new(rows, Width), ofTokens = new(2 * rows, Width);
            for (int i = 0; i < rows; i++)
            {
                Span<float> row = features.Span.Slice(i * Width, Width);
                make(first + i, row);
                float norm = MathF.Sqrt(System.Numerics.Tensors.TensorPrimitives.SumOfSquares<float>(row));
                System.Numerics.Tensors.TensorPrimitives.Divide(row, norm, row);
                row.CopyTo(ofTokens.Span[(2 * i * Width)..]);
                row.CopyTo(ofTokens.Span[((2 * i * Width) + Width)..]);
            }

            write(tokens
                ? new EmbeddedBatch(first, features, ofTokens, [.. Enumerable.Range(0, rows + 1).Select(i => 2 * i)])
                : new EmbeddedBatch(first, features));
        }
    }
}
