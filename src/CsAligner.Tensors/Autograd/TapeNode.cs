namespace CsAligner.Tensors.Autograd;

/// <summary>How a gradient passes through one operation's result.</summary>
internal abstract class TapeNode
{
    public Tensor Output { get; protected set; } = null!;

    /// <summary>A tensor of the tape that only the backward pass needs.</summary>
    public Tensor? Saved { get; protected set; }

    public abstract void Backward();

    /// <summary>Forgets everything and waits for its next use: a training step leaves no nodes for the garbage collector.</summary>
    public abstract void Recycle();
}

/// <summary>A node whose gradient needs a state: what a closure would capture.</summary>
internal sealed class TapeNode<TState> : TapeNode
{
    [ThreadStatic]
    private static Stack<TapeNode<TState>>? _idle;

    private TState _state = default!;
    private Action<Tensor, TState> _backward = null!;

    public static TapeNode<TState> Take(Tensor output, TState state, Action<Tensor, TState> backward, Tensor? saved)
    {
        var node = _idle is { } idle && idle.TryPop(out var used) ? used : new TapeNode<TState>();
        (node.Output, node._state, node._backward, node.Saved) = (output, state, backward, saved);
        return node;
    }

    public override void Backward() => _backward(Output, _state);

    public override void Recycle()
    {
        (Output, _state, _backward, Saved) = (null!, default!, null!, null);
        (_idle ??= new()).Push(this);
    }
}
