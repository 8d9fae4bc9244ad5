namespace CsAligner.Benchmarks.Matmul;

/// <summary>C [m, n] = A [m, k] · B [k, n]; a transposed operand is stored column after column.</summary>
internal sealed record MatmulShape(string Use, int M, int N, int K, bool TransposeA, bool TransposeB)
{
    /// <summary>What the project multiplies: squares for comparison, a small vision transformer, the objective.</summary>
    public static readonly IReadOnlyList<MatmulShape> All =
    [
        Square(512),
        Square(1024),
        Square(2048),
        Square(4096),
        .. Linear("ViT-B/32, 32 images, patches", 32 * 49, 3072, 768, gradients: false),
        .. Linear("ViT-B/32, 32 images, queries, keys, values", 32 * 50, 768, 2304, gradients: false),
        .. Linear("ViT-B/32, 32 images, attention's output", 32 * 50, 768, 768, gradients: false),
        .. Linear("ViT-B/32, 32 images, MLP up", 32 * 50, 768, 3072, gradients: true),
        .. Linear("ViT-B/32, 32 images, MLP down", 32 * 50, 3072, 768, gradients: true),
        .. Linear("icon-clip, 256 images, queries, keys, values", 256 * 17, 192, 576, gradients: true),
        .. Linear("icon-clip, 256 images, attention's output", 256 * 17, 192, 192, gradients: true),
        .. Linear("icon-clip, 256 images, MLP up", 256 * 17, 192, 768, gradients: true),
        .. Linear("icon-clip, 256 images, MLP down", 256 * 17, 768, 192, gradients: true),
        new("scores of 2048 pairs, width 256", 2048, 2048, 256, false, true),
        new("scores of 4096 pairs, width 768", 4096, 4096, 768, false, true),
    ];

    public double Flops => 2.0 * M * N * K;

    private static MatmulShape Square(int n) => new("square", n, n, n, false, false);

    /// <summary>What a linear layer multiplies: weights are stored [outputs, inputs].</summary>
    private static IEnumerable<MatmulShape> Linear(string use, int rows, int inputs, int outputs, bool gradients)
    {
        yield return new($"{use}, forward", rows, outputs, inputs, false, true);
        if (!gradients) yield break;
        yield return new($"{use}, input gradient", rows, inputs, outputs, false, false);
        yield return new($"{use}, weight gradient", outputs, inputs, rows, true, false);
    }
}
