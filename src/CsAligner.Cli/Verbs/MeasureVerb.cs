using System.CommandLine;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign measure X Y</c>: how far two sets of rows lie apart.</summary>
internal static class MeasureVerb
{
    public static Command Create(CommandRunner runner)
    {
        var x = new Argument<string>("X") { Description = "a .npy file or a feature-set folder" };
        var y = new Argument<string>("Y") { Description = "a .npy file or a feature-set folder" };
        var command = new Command("measure", "Measure how far two sets of rows lie apart.") { x, y };
        runner.SetAction(command, (parsed, session) => throw new Tensors.InputException("measure is not there yet"));
        return command;
    }
}
