using CsAligner.Tensors;

namespace CsAligner.Search.Postgres;

/// <summary>How a <see cref="PostgresIndex"/> is opened.</summary>
public sealed record PostgresIndexOptions
{
    /// <summary>Values in a vector: needed to make an index; null takes what an index has.</summary>
    public int? Width { get; init; }

    /// <summary>The table's name: letters a to z, digits and underscores.</summary>
    public string Table { get; init; } = "csaligner_items";

    /// <summary>
    /// Whether a new index gets a graph of neighbours (HNSW). Without it, and with more than 4,000 values in a vector, which pgvector's
    /// graph
    /// cannot hold, every search is exact.
    /// </summary>
    public bool Graph { get; init; } = true;

    /// <summary>How often a call is tried when the connection is lost, at most. A write is not tried again once its commit was
    /// sent.</summary>
    public int Attempts { get; init; } = 4;

    internal void Check()
    {
        if (Width is < 1 or > 16_000) throw new InputException(
            $"Width: expected 1 to 16000 values in a vector, which pgvector can hold, got {Width}");
        if (Table is not { Length: >= 1 and <= 40 } || !Table.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_')
            || char.IsAsciiDigit(Table[0]))
        {
            throw new InputException($"Table: expected 1 to 40 letters a to z, digits and underscores, no digit first, got '{Table}'");
        }

        if (Attempts is < 1 or > 20) throw new InputException($"Attempts: expected 1 to 20, got {Attempts}");
    }
}
