using StackExchange.Redis;

namespace CsAligner.Search.VectorSets;

/// <summary>What is different between the servers that have vector sets.</summary>
internal abstract class VectorSetServer
{
    /// <summary>The server that answers HELLO like this.</summary>
    public static VectorSetServer Of(RedisResult hello) =>
        Flat(hello).Contains("garnet", StringComparison.OrdinalIgnoreCase) ? new Garnet() : new Redis();

    /// <summary>What VADD needs besides.</summary>
    public abstract IReadOnlyList<object> Adding { get; }

    /// <summary>What VSIM needs besides to look at many candidates for a filter.</summary>
    public abstract IReadOnlyList<object> Filtering(int effort);

    /// <summary>The cosine of a score of VSIM.</summary>
    public abstract double Cosine(double score);

    private static string Flat(RedisResult result) => result.IsNull ? "" : result.Length >= 0
        ? string.Join(' ', ((RedisResult[])result!).Select(Flat))
        : result.ToString();

    /// <summary>Redis 8: a score is (1 + cosine) / 2.</summary>
    private sealed class Redis : VectorSetServer
    {
        public override IReadOnlyList<object> Adding => [];

        public override IReadOnlyList<object> Filtering(int effort) => ["FILTER-EF", Math.Min(1_000_000, 100L * effort)];

        public override double Cosine(double score) => (2 * score) - 1;
    }

    /// <summary>Garnet: a distance, of the metric that the set was made with.</summary>
    private sealed class Garnet : VectorSetServer
    {
        public override IReadOnlyList<object> Adding => ["XDISTANCE_METRIC", "COSINE"];

        // Its FILTER-EF ends at 256; EF alone decides.
        public override IReadOnlyList<object> Filtering(int effort) => [];

        public override double Cosine(double score) => 1 - score;
    }
}
