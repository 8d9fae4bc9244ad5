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
        new("linear layer 192 to 576, forward", 4352, 576, 192, false, true),
        new("linear layer 192 to 768, forward", 4352, 768, 192, false, true),
        new("linear layer 768 to 192, forward", 4352, 192, 768, false, true),
        new("linear layer 192 to 768, input gradient", 4352, 192, 768, false, false),
        new("linear layer 192 to 768, weight gradient", 768, 192, 4352, true, false),
        new("linear layer 768 to 192, weight gradient", 192, 768, 4352, true, false),
        new("scores of 2048 pairs, width 256", 2048, 2048, 256, false, true),
        new("scores of 4096 pairs, width 768", 4096, 4096, 768, false, true),
    ];

    public double Flops => 2.0 * M * N * K;

    private static MatmulShape Square(int n) => new("square", n, n, n, false, false);
}
