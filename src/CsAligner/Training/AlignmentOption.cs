using System.Text.Json;

namespace CsAligner.Training;

/// <summary>
/// One option of an alignment: its names, help, range and default, and how it is read and written. The command line, recipes, run.json,
/// validation and the table of options all come from the declarations in <see cref="AlignmentOptionList"/>.
/// </summary>
public abstract class AlignmentOption
{
    /// <summary>In place of a value: it is chosen on pairs that are not trained on, where <see cref="IsChoosable"/>.</summary>
    public const string Automatic = "auto";

    private protected AlignmentOption()
    {
    }

    /// <summary>The name in JSON, snake_case.</summary>
    public string Key { get; internal init; } = "";

    /// <summary>The name on the command line: <c>--</c> and the key with dashes.</summary>
    public string Flag => "--" + Key.Replace('_', '-');

    /// <summary>The name in the library: the property of <see cref="AlignmentOptions"/>, such as <c>Adapter.Size</c>.</summary>
    public string Property { get; internal init; } = "";

    /// <summary>What it does, in one line.</summary>
    public string Help { get; internal init; } = "";

    /// <summary>The values it can have, such as <c>0 to 1000</c> or <c>both, text or image</c>; empty for a switch.</summary>
    public string Range { get; internal init; } = "";

    /// <summary>What a value is and its range, such as <c>a number of 0 to 1000</c>.</summary>
    public string Expected { get; internal init; } = "";

    /// <summary>What stands for a value in a usage line: <c>N</c>, <c>F</c>, or words such as <c>both|text|image</c>.</summary>
    public string ValueName { get; internal init; } = "";

    /// <summary>Words for a shell to offer; none where any number is as good.</summary>
    public IReadOnlyList<string> Words { get; internal init; } = [];

    /// <summary>Whether it is on or off, and off unless given: a name without a value on the command line.</summary>
    public bool IsSwitch { get; internal init; }

    /// <summary>Whether it takes several values, with spaces between them in a text.</summary>
    public bool TakesMany { get; internal init; }

    /// <summary>Whether <see cref="AutomaticChoice"/> can choose it; <c>csalign</c> and recipes then take
    /// <see cref="Automatic"/>.</summary>
    public bool IsChoosable { get; internal init; }

    /// <summary>The default as text; empty where the default is none.</summary>
    public string Default => Text(new AlignmentOptions());

    /// <summary>Whether the options' objective has a use for it.</summary>
    public abstract bool IsUsed(AlignmentOptions options);

    /// <summary>Checks a text by itself, as <see cref="Read(AlignmentOptions, string)"/> does before it takes it.</summary>
    /// <exception cref="AlignmentOptionException">It is no such value, or out of its range.</exception>
    public abstract void Check(string text);

    /// <summary>Checks the value that options have.</summary>
    /// <exception cref="AlignmentOptionException">It is out of its range.</exception>
    public abstract void Check(AlignmentOptions options);

    /// <summary>The options with this one set.</summary>
    /// <param name="options">The others. Terms and kinds of adapters of an application's own may be named where they have them.</param>
    /// <param name="text">As <see cref="Text"/> gives it.</param>
    /// <exception cref="AlignmentOptionException">It is no such value, out of its range, or without effect beside the others.</exception>
    public abstract AlignmentOptions Read(AlignmentOptions options, string text);

    /// <summary>The options with this one set.</summary>
    /// <param name="options">The others. Terms and kinds of adapters of an application's own may be named where they have them.</param>
    /// <param name="value">As <see cref="Write"/> gives it.</param>
    /// <exception cref="AlignmentOptionException">It is no such value, out of its range, or without effect beside the others.</exception>
    public abstract AlignmentOptions Read(AlignmentOptions options, JsonElement value);

    /// <summary>Writes the value under <see cref="Key"/>; nothing where files leave it out while it is at its default.</summary>
    public abstract void Write(Utf8JsonWriter writer, AlignmentOptions options);

    /// <summary>The value as text; empty for none.</summary>
    public abstract string Text(AlignmentOptions options);

    /// <summary>The name in the library, as in its messages.</summary>
    public override string ToString() => Property;
}
