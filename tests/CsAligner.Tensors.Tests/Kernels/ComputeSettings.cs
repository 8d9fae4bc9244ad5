namespace CsAligner.Tensors.Tests.Kernels;

/// <summary>
/// Tests that change the number of threads or the SIMD path, which belong to the whole process, share this collection:
/// they run one after the other and beside no other test.
/// </summary>
[CollectionDefinition(Collection, DisableParallelization = true)]
public sealed class ComputeSettings
{
    public const string Collection = "Compute settings";
}
