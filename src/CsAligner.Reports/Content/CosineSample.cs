using System.Numerics.Tensors;
using Tensor = CsAligner.Tensors.Tensor;

namespace CsAligner.Reports.Content;

/// <summary>Cosines of an image and its own text, and of an image and another's text.</summary>
internal sealed record CosineSample(string Method, float[] Pairs, float[] Others)
{
    private const int OthersToARow = 20;

    /// <summary>The cosines of paired features [N, D]: every pair, and for each image 20 other texts at even distances.</summary>
    public static CosineSample Of(string method, Tensor images, Tensor texts)
    {
        int rows = images.Shape[0];
        int width = images.Shape[1];
        var pairs = new float[rows];
        var others = new List<float>();
        for (int i = 0; i < rows; i++)
        {
            ReadOnlySpan<float> image = images.Span.Slice(i * width, width);
            pairs[i] = TensorPrimitives.CosineSimilarity(image, texts.Span.Slice(i * width, width));
            for (int k = 1; k <= Math.Min(OthersToARow, rows - 1); k++)
            {
                int other = (int)((i + ((long)k * rows / (OthersToARow + 1)) + 1) % rows);
                if (other != i)
                    others.Add(TensorPrimitives.CosineSimilarity(image, texts.Span.Slice(other * width, width)));
            }
        }

        return new CosineSample(method, pairs, [.. others]);
    }
}
