namespace CsAligner.Benchmarks.Matmul;

/// <summary>Medians of one shape; the ratio is the median of the rounds' ratios, which drift of the clock does not touch.</summary>
internal sealed record MatmulResult(
    string Use, int M, int N, int K, bool TransposeA, bool TransposeB, int Threads, double Gflops, double PeerGflops, double Ratio);
