namespace CsAligner.Studies.Demo;

/// <summary>The rows that a method of the demo trains on.</summary>
internal enum DemoRows
{
    /// <summary>The alignment split, each picture with its name.</summary>
    Pairs,

    /// <summary>Pictures of one half of the alignment split and names of the other: no row has its partner.</summary>
    Unpaired,

    /// <summary>The test set's own pictures and names, shuffled (transductive).</summary>
    Own,
}
