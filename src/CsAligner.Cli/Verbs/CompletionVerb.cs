using System.CommandLine;
using CsAligner.Cli.Running;

namespace CsAligner.Cli.Verbs;

/// <summary>
/// <c>csalign completion SHELL</c>: prints the script that lets a shell complete csalign's commands, options and values. The scripts ask
/// csalign itself, by the directive <c>[suggest:POSITION]</c>, so they never need to be made again.
/// </summary>
internal static class CompletionVerb
{
    private const string Bash = """
        _csalign() {
          local IFS=$'\n'
          COMPREPLY=($(csalign "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null))
        }
        complete -o default -F _csalign csalign
        """;

    private const string Zsh = """
        #compdef csalign
        _csalign() {
          local -a found
          found=("${(@f)$(csalign "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
          (( ${#found[1]} )) && compadd -a found || _files
        }
        compdef _csalign csalign
        """;

    private const string Fish = """
        complete -c csalign -a '(set -l line (commandline -cp); csalign "[suggest:"(string length -- $line)"]" $line 2>/dev/null)'
        """;

    private const string PowerShell = """
        Register-ArgumentCompleter -Native -CommandName csalign -ScriptBlock {
          param($word, $line, $position)
          csalign "[suggest:$position]" "$line" 2>$null | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
        }
        """;

    private static readonly (string Shell, string Script)[] Scripts = [("bash", Bash), ("zsh", Zsh), ("fish", Fish), ("pwsh", PowerShell)];

    public static Command Create(CommandRunner runner)
    {
        var command = new Command("completion", "Print a script that makes the shell complete commands and options");
        foreach ((string shell, string script) in Scripts)
        {
            var print = new Command(shell, $"Print the script for {shell}");
            runner.SetAction(print, (_, session) => session.Terminal.Output.WriteLine(script));
            command.Add(print);
        }

        return command;
    }
}
