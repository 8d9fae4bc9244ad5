namespace CsAligner.Tensors.Tests.Kernels;

/// <summary>How an operand [rows, columns] lies in memory.</summary>
internal enum MatrixLayout
{
    /// <summary>Row after row.</summary>
    Rows,

    /// <summary>Column after column: the transpose of a row-major matrix.</summary>
    Columns,

    /// <summary>Row after row, as part of a wider matrix.</summary>
    WideRows,

    /// <summary>Column after column, as part of a taller matrix.</summary>
    TallColumns,

    /// <summary>No unit stride in either direction.</summary>
    Scattered,
}
