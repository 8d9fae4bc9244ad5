namespace CsAligner.Adapters;

/// <summary>
/// A kind of adapter: its name in options and files, and how to make one. Collections of kinds are <see cref="AdapterKinds"/>;
/// an application adds its own by <see cref="AdapterKinds.With"/>.
/// </summary>
public sealed record AdapterKind
{
    /// <summary>The name, as <see cref="Adapter.Kind"/> gives it and files hold it, such as <c>low-rank</c>.</summary>
    public required string Name { get; init; }

    /// <summary>An adapter at its start: of the widths that are asked for, its weights drawn from the start's generator.</summary>
    public required Func<AdapterStart, Adapter> Create { get; init; }

    /// <summary>
    /// An adapter from the tensors of a file that <see cref="Adapter.Save"/> wrote. Whether their shapes go together is asked of the
    /// adapter afterwards (<c>Fits</c>); where it cannot be made of them at all, throw <see cref="AdapterTensors.Misfit"/>.
    /// </summary>
    public required Func<AdapterTensors, Adapter> Load { get; init; }

    /// <summary>Whether it can map rows of one width to rows of another.</summary>
    public bool ChangesWidth { get; init; }

    /// <summary>Whether <see cref="AdapterOptions.Size"/> means anything to it.</summary>
    public bool TakesSize { get; init; }

    /// <summary>Whether <see cref="AdapterOptions.Layers"/> means anything to it.</summary>
    public bool TakesLayers { get; init; }
}
