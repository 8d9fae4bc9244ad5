namespace CsAligner.Tensors.Kernels.Threading;

/// <summary>Carries a body to the threads of a loop. One object of each kind and thread is kept, so that loops allocate nothing.</summary>
internal sealed class BlockLoop<TBody>
    where TBody : struct, IBlockBody
{
    [ThreadStatic]
    private static BlockLoop<TBody>? _idle;

    private readonly Action<int> _runBlock;
    private TBody _body;
    private int _length, _block;

    private BlockLoop() => _runBlock = i => _body.Run(i * _block, Math.Min(_length, (i + 1) * _block));

    public static void Run(int length, int block, in TBody body)
    {
        // Taken while it runs: a loop of the same kind within takes another.
        var loop = _idle ?? new BlockLoop<TBody>();
        _idle = null;
        (loop._body, loop._length, loop._block) = (body, length, block);
        try
        {
            Workers.For(Blocks.Count(length, block), loop._runBlock);
        }
        finally
        {
            loop._body = default;
            _idle = loop;
        }
    }
}
