namespace CsAligner.Benchmarks.Topk;

/// <summary>Queries [Q, D] against candidates [C, D], the K best of each.</summary>
internal sealed record TopkCase(int Queries, int Candidates, int Width, int K)
{
    /// <summary>Texts that ask for images: COCO's size, and four times that each way.</summary>
    public static readonly IReadOnlyList<TopkCase> All = [new(25_000, 5_000, 512, 10), new(100_000, 20_000, 512, 10)];

    public double Flops => 2.0 * Queries * Candidates * Width;
}
