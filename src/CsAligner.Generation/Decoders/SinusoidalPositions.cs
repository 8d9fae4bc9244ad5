using CsAligner.Tensors;

namespace CsAligner.Generation.Decoders;

/// <summary>
/// Where position embeddings begin: cosines and sines of a patch's row and column, of wavelengths from two patches to twice the side. They
/// are as large as what a noisy patch brings along, so that attention can tell places apart from the first step on.
/// </summary>
internal static class SinusoidalPositions
{
    /// <summary>Fills [T, W] for a square of patches: rows in the first half of each, columns in the second.</summary>
    public static void Fill(Tensor positions)
    {
        int width = positions.Width, side = (int)Math.Round(Math.Sqrt(positions.Rows)), half = width / 2;
        for (int token = 0; token < positions.Rows; token++)
        {
            var row = positions.Span.Slice(token * width, width);
            for (int i = 0; i < width; i++)
            {
                int place = i < half ? token / side : token % side, within = i < half ? i : i - half;
                int pairs = ((i < half ? half : width - half) + 1) / 2;
                double angle = Math.PI * place * Math.Pow(side, -(double)(within / 2) / Math.Max(1, pairs - 1));
                row[i] = (float)(within % 2 == 0 ? Math.Cos(angle) : Math.Sin(angle));
            }
        }
    }
}
