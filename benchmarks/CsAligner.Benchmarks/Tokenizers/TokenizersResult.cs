namespace CsAligner.Benchmarks.Tokenizers;

/// <summary>One family's row; speeds in megabytes of UTF-8 a second.</summary>
internal sealed record TokenizersResult(string Family, string Vocabulary, double First, double Ours, double Peer, double Ratio, long Ids,
    bool Same);
