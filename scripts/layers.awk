# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The rooms of the house and who may include whom: reads C files, prints each
# violation as file:line, exits with 1 if there was one. A quoted include is
# a path from the project root.

BEGIN {
	allowed["record"] = ""
	allowed["bpf"] = "bpf record vmlinux"
	allowed["base"] = "base"
	allowed["capture"] = "base capture record"
	allowed["collect"] = "base capture collect record skeleton"
	allowed["model"] = "base capture model record"
	allowed["export"] = "base capture model export record"
	allowed["options"] = "base capture model export options record"
	allowed["pieces"] = "base pieces"
	allowed["fence"] = "fence"
	allowed["main"] = "base capture collect model export options pieces fence main record"
	allowed["experiments"] = "experiments"
	allowed["unit"] = "base capture model export options pieces fence record unit"
	allowed["fuzz"] = "base bpf capture model export record unit fuzz"
	allowed["live"] = "live"
	allowed["tests"] = "base capture model export options record tests"

	writes_or_reads = "printf|fprintf|vprintf|vfprintf|dprintf|vdprintf|puts|fputs|" \
		"putchar|putc|fputc|fwrite|fread|fopen|fdopen|freopen|fclose|fflush|fgets|" \
		"getline|getc|fgetc|getchar|scanf|fscanf|perror|open|openat|creat|read|write|" \
		"pread|pwrite|readv|writev|popen|system|getenv"
	clocks = "clock_gettime|gettimeofday|timespec_get|time|clock|ftime"
	calls = "(^|[^A-Za-z0-9_.>])(" writes_or_reads "|" clocks ")[ \t]*[(]"
}

function room(path) {
	if (path == "bpf/record.h") return "record"
	if (path == "bpf/tcpwatch.skel.h") return "skeleton"
	if (path == "vmlinux.h") return "vmlinux"
	if (path ~ /^bpf\//) return "bpf"
	if (path ~ /^user\/(base|capture|collect|model|export)\//) {
		split(path, part, "/")
		return part[2]
	}
	if (path ~ /^user\/options[a-z_]*\.[ch]$/) return "options"
	if (path ~ /^user\/(pieces|fence)\.[ch]$/) return substr(path, 6, length(path) - 7)
	if (path ~ /^user\//) return "main"
	if (path ~ /^experiments\//) return "experiments"
	if (path ~ /^tests\/(fuzz|unit|live)\//) {
		split(path, part, "/")
		return part[2]
	}
	if (path ~ /^tests\//) return "tests"
	return ""
}

function violation(text) {
	print FILENAME ":" FNR ": " text
	found = 1
}

function check_quoted(path, target) {
	target = room(path)
	if (target == "")
		violation("\"" path "\": write the path from the project root")
	else if (index(" " allowed[own] " ", " " target " ") == 0)
		violation(own " must not include \"" path "\" (" target ")")
	else if (own == "model" && path ~ /^user\/base\/(log|term|json)\.h$/)
		violation("model does no input or output, but includes \"" path "\"")
}

function check_system(path) {
	if (path ~ /^(bpf\/|libelf|gelf|elf\.h)/ && own != "collect" && own != "bpf")
		violation("only collect and bpf know libbpf, but " own " includes <" path ">")
	if (path ~ /^(user|experiments|tests|vmlinux)[.\/]/)
		violation("<" path ">: own headers are included with quotes")
}

# What is left of a line without strings, character constants and comments.
function code(line, rest) {
	gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
	gsub(/'([^'\\]|\\.)*'/, "''", line)
	rest = ""
	while (line != "") {
		if (in_comment) {
			if (!match(line, /\*\//)) return rest
			line = substr(line, RSTART + 2)
			in_comment = 0
		} else if (match(line, /\/[*\/]/)) {
			rest = rest substr(line, 1, RSTART - 1) " "
			if (substr(line, RSTART, 2) == "//") return rest
			line = substr(line, RSTART + 2)
			in_comment = 1
		} else {
			return rest line
		}
	}
	return rest
}

FNR == 1 {
	own = room(FILENAME)
	in_comment = 0
}

/^[ \t]*#[ \t]*include[ \t]*["<]/ {
	path = $0
	sub(/^[^"<]*["<]/, "", path)
	sub(/[">].*$/, "", path)
	if ($0 ~ /include[ \t]*"/)
		check_quoted(path)
	else
		check_system(path)
	next
}

own == "model" {
	text = code($0)
	if (match(text, calls)) {
		name = substr(text, RSTART, RLENGTH)
		gsub(/[^a-z_]/, "", name)
		violation("model does no input or output and reads no clock, but calls " name "()")
	}
}

END { exit found }
