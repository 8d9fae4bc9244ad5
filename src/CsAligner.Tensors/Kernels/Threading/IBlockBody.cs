namespace CsAligner.Tensors.Kernels.Threading;

/// <summary>What a loop over blocks does with one of them. A struct, so that a kernel's call leaves nothing on the heap.</summary>
internal interface IBlockBody
{
    void Run(int start, int end);
}
