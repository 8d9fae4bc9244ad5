using System.Globalization;
using System.Text;
using CsAligner.Search.Filters;
using CsAligner.Search.Items;
using Npgsql;
using NpgsqlTypes;

namespace CsAligner.Search.Postgres;

/// <summary>
/// A filter as a condition of SQL on <c>attributes</c>, which is never null. Names and values are parameters, all of them, that follow
/// those which the command has.
/// </summary>
internal sealed class PostgresFilter
{
    private readonly StringBuilder _sql = new();
    private readonly NpgsqlParameterCollection _parameters;

    private PostgresFilter(NpgsqlParameterCollection parameters) => _parameters = parameters;

    public static string Write(ItemFilter filter, NpgsqlParameterCollection parameters)
    {
        var writer = new PostgresFilter(parameters);
        writer.Write(filter);
        return writer._sql.ToString();
    }

    private void Write(ItemFilter filter)
    {
        switch (filter)
        {
            case OneOfFilter among:
                _sql.Append('(').AppendJoin(" OR ", among.Values.Select(value => "attributes @> " + Parameter(
                    AttributeJson.Write(new Dictionary<string, AttributeValue> { [among.Attribute] = value }), NpgsqlDbType.Jsonb)))
                        .Append(')');
                break;
            case RangeFilter range: Range(range); break;
            case AllFilter all: Join(all.Parts, " AND ", "true"); break;
            case AnyFilter any: Join(any.Parts, " OR ", "false"); break;
            case NotFilter not:
                _sql.Append("(NOT ");
                Write(not.Part);
                _sql.Append(')');
                break;
            default: throw new NotSupportedException(filter.GetType().Name);
        }
    }

    // Only CASE is sure to look at the type before it converts.
    private void Range(RangeFilter filter)
    {
        string name = Parameter(filter.Attribute, NpgsqlDbType.Text);
        _sql.Append("(CASE WHEN jsonb_typeof(attributes -> ").Append(name).Append(") = 'number' THEN true");
        foreach (var (sign, bound) in filter.Bounds)
        {
            _sql.Append(" AND (attributes ->> ").Append(name).Append(")::double precision ").Append(sign).Append(' ')
                .Append(Parameter(bound, NpgsqlDbType.Double));
        }

        _sql.Append(" ELSE false END)");
    }

    private void Join(IReadOnlyList<ItemFilter> parts, string with, string none)
    {
        _sql.Append('(');
        if (parts.Count == 0) _sql.Append(none);
        for (int i = 0; i < parts.Count; i++)
        {
            if (i > 0) _sql.Append(with);
            Write(parts[i]);
        }

        _sql.Append(')');
    }

    private string Parameter(object value, NpgsqlDbType type)
    {
        _parameters.Add(new NpgsqlParameter { Value = value, NpgsqlDbType = type });
        return string.Create(CultureInfo.InvariantCulture, $"${_parameters.Count}");
    }
}
