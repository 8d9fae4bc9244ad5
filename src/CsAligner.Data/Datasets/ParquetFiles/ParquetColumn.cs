namespace CsAligner.Data.Datasets.ParquetFiles;

/// <summary>A column that has one value a row at most: no list, and nothing within another.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">How its values are stored.</param>
/// <param name="IsOptional">Whether rows may have none.</param>
/// <param name="Converted">What the values mean, in the older way of saying it; null: what their type says.</param>
/// <param name="Logical">The same in the newer way.</param>
internal sealed record ParquetColumn(string Name, ParquetType Type, bool IsOptional, int? Converted, int? Logical)
{
    private const int Text = 0, Enumeration = 4, FirstWhole = 11, LastWhole = 18, Json = 19;
    private const int LogicalText = 1, LogicalEnumeration = 4, LogicalWhole = 10, LogicalJson = 12;

    /// <summary>Whether its values are texts, or numbers that a text can stand for: no dates, decimals, keys of 16 bytes.</summary>
    public bool IsReadable => Type switch
    {
        ParquetType.ByteArray => Converted is null or Text or Enumeration or Json && Logical is null or LogicalText or LogicalEnumeration or LogicalJson,
        ParquetType.Int32 or ParquetType.Int64 => Converted is null or (>= FirstWhole and <= LastWhole) && Logical is null or LogicalWhole,
        ParquetType.Float or ParquetType.Double => Converted is null && Logical is null,
        _ => false,
    };

    /// <summary>Whether its whole numbers have no sign.</summary>
    public bool IsUnsigned => Converted is >= FirstWhole and < 15;
}
