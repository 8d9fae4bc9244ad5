namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>Rows in groups of one size, each group with vectors of its own that steer it.</summary>
/// <param name="Count">Groups.</param>
/// <param name="Rows">Rows of each.</param>
/// <param name="Width">Elements of a row, and of a vector.</param>
/// <param name="Stride">Elements from one group's vector to the next one's.</param>
internal readonly record struct RowGroups(int Count, int Rows, int Width, int Stride);
