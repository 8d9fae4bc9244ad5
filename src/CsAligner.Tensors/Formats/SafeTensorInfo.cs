namespace CsAligner.Tensors.Formats;

/// <summary>One tensor's entry in a safetensors header.</summary>
/// <param name="Name">Its name, unique in the file.</param>
/// <param name="TypeName">The type as the file spells it: F32, BF16, I64, ...</param>
/// <param name="ElementType">The same, or <see cref="ElementType.Other"/> when this library does not read it.</param>
/// <param name="Shape">Sizes, slowest dimension first; empty for a scalar.</param>
/// <param name="Count">How many values it has: the product of the sizes.</param>
public sealed record SafeTensorInfo(string Name, string TypeName, ElementType ElementType, IReadOnlyList<long> Shape, long Count);
