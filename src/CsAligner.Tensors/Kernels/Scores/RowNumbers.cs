namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>The numbers, among all rows of a set, of those that a rank has: some of the pairs, which come first, and some of the
/// rest.</summary>
/// <param name="FirstPaired">The first of its pairs.</param>
/// <param name="Paired">How many pairs it has.</param>
/// <param name="FirstUnpaired">The first of its other rows.</param>
/// <param name="Unpaired">How many others it has.</param>
internal readonly record struct RowNumbers(int FirstPaired, int Paired, int FirstUnpaired, int Unpaired)
{
    /// <summary>How many rows it has.</summary>
    public int Count => Paired + Unpaired;

    /// <summary>The number of its i-th row.</summary>
    public int this[int i] => i < Paired ? FirstPaired + i : FirstUnpaired + (i - Paired);

    /// <summary>Its pairs alone.</summary>
    public RowNumbers PairsAlone => this with { Unpaired = 0 };
}
